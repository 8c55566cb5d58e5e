//! Sharp canvases for plotters.

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea};
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, window};

/// Sizes a canvas for the screen's pixels and gives the area to draw on, with the device pixels in a CSS pixel by which
/// every length must be multiplied: the backend knows no scale of its own.
#[must_use]
pub fn prepare(
    canvas: &HtmlCanvasElement,
    width: f64,
    height: f64,
) -> Option<(DrawingArea<CanvasBackend, Shift>, f64)> {
    let scale = window().map_or(1.0, |window| window.device_pixel_ratio() * super::page::zoom()).clamp(1.0, 4.0);
    let size = [width, height].map(|length| (length * scale).round().max(1.0) as u32);
    // A canvas that is given a size is laid out anew, even if it has that.
    if [canvas.width(), canvas.height()] == size {
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        context.clear_rect(0.0, 0.0, size[0].into(), size[1].into());
    } else {
        canvas.set_width(size[0]);
        canvas.set_height(size[1]);
    }
    Some((CanvasBackend::with_canvas_object(canvas.clone())?.into_drawing_area(), scale))
}

/// What is drawn on an area of so many pixels, as the URL of a PNG.
#[must_use]
pub fn png((width, height): (u32, u32), draw: impl FnOnce(&DrawingArea<CanvasBackend, Shift>)) -> Option<String> {
    let canvas: HtmlCanvasElement = window()?.document()?.create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    draw(&CanvasBackend::with_canvas_object(canvas.clone())?.into_drawing_area());
    canvas.to_data_url().ok()
}
