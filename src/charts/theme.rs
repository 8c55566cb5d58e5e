//! Colours, text size and scale: everything about how a picture looks that is not its data.

use super::{layout, pattern::Pattern};
use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};

const fn hex(rgb: u32) -> RGBColor {
    RGBColor((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

/// The colours of one theme; the same tokens as the page's style sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the design token of the same name")]
pub struct Theme {
    pub background: RGBColor,
    pub panel: RGBColor,
    pub ink: RGBColor,
    pub ink2: RGBColor,
    pub ink3: RGBColor,
    pub line: RGBColor,
    pub accent: RGBColor,
    pub weights: RGBColor,
    pub gradients: RGBColor,
    pub optimizer: RGBColor,
    pub activations: RGBColor,
    pub kv_cache: RGBColor,
    pub logits: RGBColor,
    pub overhead: RGBColor,
    pub buffers: RGBColor,
    pub adapters: RGBColor,
    pub other: RGBColor,
    pub reference: RGBColor,
    pub quantized: RGBColor,
    pub error: RGBColor,
    pub over: RGBColor,
}

impl Theme {
    /// Dark ink on white.
    pub const LIGHT: Self = Self {
        background: hex(0xFFFFFF),
        panel: hex(0xF4F6F8),
        ink: hex(0x12161C),
        ink2: hex(0x48515E),
        ink3: hex(0x5F6977),
        line: hex(0xD5DAE1),
        accent: hex(0x0B5CC0),
        weights: hex(0x1B69AB),
        gradients: hex(0xAE6E12),
        optimizer: hex(0x6A1B8B),
        activations: hex(0x279887),
        kv_cache: hex(0xA9182E),
        logits: hex(0xD61FC4),
        overhead: hex(0x4A2600),
        buffers: hex(0x8A5CF0),
        adapters: hex(0x1F5C0A),
        other: hex(0x555960),
        reference: hex(0x48515E),
        quantized: hex(0x1B69AB),
        error: hex(0xA9182E),
        over: hex(0x8E1420),
    };

    /// Light ink on near-black.
    pub const DARK: Self = Self {
        background: hex(0x0E1217),
        panel: hex(0x171C23),
        ink: hex(0xE9EDF3),
        ink2: hex(0xB3BCC8),
        ink3: hex(0x929CAA),
        line: hex(0x2A313B),
        accent: hex(0x7DB4FF),
        weights: hex(0x4694F7),
        gradients: hex(0xFCBF83),
        optimizer: hex(0x9249AE),
        activations: hex(0x4CF4DA),
        kv_cache: hex(0xC86162),
        logits: hex(0xD86FD0),
        overhead: hex(0xC99A00),
        buffers: hex(0x5B5BFF),
        adapters: hex(0xA8E63C),
        other: hex(0xA3A9B0),
        reference: hex(0xB3BCC8),
        quantized: hex(0x4694F7),
        error: hex(0xFF8A80),
        over: hex(0xFF8A80),
    };

    /// The colour of a role.
    #[must_use]
    pub fn colour(&self, role: Role) -> RGBColor {
        match role {
            Role::Weights => self.weights,
            Role::Gradients => self.gradients,
            Role::Optimizer => self.optimizer,
            Role::Activations => self.activations,
            Role::KvCache => self.kv_cache,
            Role::Logits => self.logits,
            Role::Overhead => self.overhead,
            Role::Buffers => self.buffers,
            Role::Adapters => self.adapters,
            Role::Other => self.other,
            Role::Reference => self.reference,
            Role::Quantized => self.quantized,
            Role::Error => self.error,
            Role::Accent => self.accent,
            Role::Ramp(step) => mix(self.accent, self.ink3, f64::from(step) / 255.0),
        }
    }

    /// `colour` thinned on this theme's background: the ground below a pattern, or an area below its outline.
    #[must_use]
    pub fn tint(&self, colour: RGBColor, share: f64) -> RGBColor {
        mix(colour, self.background, share)
    }
}

fn mix(over: RGBColor, under: RGBColor, share: f64) -> RGBColor {
    let channel = |a: u8, b: u8| (f64::from(a) * share + f64::from(b) * (1.0 - share)).round() as u8;
    RGBColor(channel(over.0, under.0), channel(over.1, under.1), channel(over.2, under.2))
}

/// What a shape stands for; the theme turns it into a colour, and each memory role has a pattern of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Model weights.
    Weights,
    /// Gradients.
    Gradients,
    /// Optimizer state.
    Optimizer,
    /// Activations.
    Activations,
    /// The key-value cache.
    KvCache,
    /// Anything else.
    Other,
    /// The tensor before quantization, or a curve to compare with.
    Reference,
    /// The tensor after quantization.
    Quantized,
    /// The difference between the two.
    Error,
    /// What the picture is about.
    Accent,
    /// A step of a family of curves: 0 is quiet grey, 255 the accent.
    Ramp(u8),
    /// A model's outputs before the softmax, with their gradients.
    Logits,
    /// What the framework and the GPU take for themselves.
    Overhead,
    /// What GPUs exchange, gathered.
    Buffers,
    /// Trainable additions to frozen weights, e.g. LoRA's.
    Adapters,
}

impl Role {
    /// What a part of memory is called where parts of several names share its role.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Weights => "Weights",
            Self::Gradients => "Gradients",
            Self::Optimizer => "Optimizer state",
            Self::Activations => "Activations",
            Self::KvCache => "KV cache",
            Self::Logits => "Logits",
            Self::Overhead => "Overhead",
            Self::Buffers => "Buffers",
            Self::Adapters => "Adapters",
            _ => "Other",
        }
    }

    /// The pattern that tells this role apart without colour.
    #[must_use]
    pub const fn pattern(self) -> Pattern {
        match self {
            Self::Gradients => Pattern::Rising,
            Self::Optimizer => Pattern::Dots,
            Self::Activations => Pattern::Horizontal,
            Self::KvCache => Pattern::Falling,
            Self::Other => Pattern::SparseDots,
            Self::Logits => Pattern::Vertical,
            Self::Overhead => Pattern::Dashes,
            Self::Buffers => Pattern::Crossed,
            Self::Adapters => Pattern::Grid,
            _ => Pattern::Solid,
        }
    }
}

/// How a picture is drawn: its theme, and what one CSS pixel is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// The colours.
    pub theme: &'static Theme,
    /// Device pixels per CSS pixel. Backends take whole pixels, so curves want at least 2.
    pub scale: f64,
    /// Text size in CSS pixels.
    pub font_px: f64,
}

impl Style {
    /// The family of all text.
    pub const FONT_FAMILY: &'static str = "system-ui, sans-serif";

    /// 13-px text on a canvas at `scale` device pixels per CSS pixel.
    #[must_use]
    pub const fn new(theme: &'static Theme, scale: f64) -> Self {
        Self { theme, scale, font_px: 13.0 }
    }

    /// A position or size in CSS pixels as whole device pixels.
    #[must_use]
    pub fn px(&self, css: f64) -> i32 {
        // Far outside any area, but far from overflow in a backend's own sums.
        (css * self.scale).round().clamp(-1e6, 1e6) as i32
    }

    /// A stroke width in CSS pixels as device pixels, at least 1; larger text makes strokes thicker too.
    #[must_use]
    pub fn stroke(&self, css: f64) -> u32 {
        self.px(css * (self.font_px / 13.0).clamp(1.0, 2.0)).max(1) as u32
    }

    /// The width of `text` in CSS pixels, in bold or not.
    #[must_use]
    pub fn width_of(&self, text: &str, is_bold: bool) -> f64 {
        if is_bold { self.bold_width(text) } else { self.text_width(text) }
    }

    /// `text`, or as much of its beginning as fits into `room` with an ellipsis after it.
    #[must_use]
    pub fn shortened(&self, text: &str, is_bold: bool, room: f64) -> String {
        if self.width_of(text, is_bold) <= room {
            return text.to_owned();
        }
        let mut kept = text.to_owned();
        while kept.pop().is_some() {
            let short = format!("{}…", kept.trim_end());
            if self.width_of(&short, is_bold) <= room {
                return short;
            }
        }
        String::new()
    }

    /// The height of one line of text in CSS pixels.
    #[must_use]
    pub fn row(&self) -> f64 {
        (self.font_px * 1.4).ceil()
    }

    /// The width of `text` in CSS pixels, estimated to the generous side.
    #[must_use]
    pub fn text_width(&self, text: &str) -> f64 {
        layout::text_ems(text) * self.font_px
    }

    /// The width of `text` in bold.
    #[must_use]
    pub fn bold_width(&self, text: &str) -> f64 {
        self.text_width(text) * 1.12
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_MEMORY: [Role; 10] = [
        Role::Weights,
        Role::Gradients,
        Role::Optimizer,
        Role::Activations,
        Role::KvCache,
        Role::Other,
        Role::Logits,
        Role::Overhead,
        Role::Buffers,
        Role::Adapters,
    ];

    /// The contrast ratio of WCAG 2, from 1 to 21.
    fn contrast(a: RGBColor, b: RGBColor) -> f64 {
        let linear = |channel: u8| match f64::from(channel) / 255.0 {
            low if low <= 0.04045 => low / 12.92,
            high => ((high + 0.055) / 1.055).powf(2.4),
        };
        let luminance = |RGBColor(r, g, b)| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) + 0.05;
        let (a, b) = (luminance(a), luminance(b));
        a.max(b) / a.min(b)
    }

    #[test]
    fn each_memory_role_stands_out_from_the_ground_in_both_themes() {
        for theme in [Theme::LIGHT, Theme::DARK] {
            for (role, ground) in OF_MEMORY.into_iter().flat_map(|role| [(role, theme.background), (role, theme.panel)])
            {
                let ratio = contrast(theme.colour(role), ground);
                assert!(ratio >= 3.0, "{role:?}: {ratio}");
            }
        }
    }

    #[test]
    fn no_two_memory_roles_share_a_pattern_or_a_colour() {
        for (i, a) in OF_MEMORY.iter().enumerate() {
            for b in &OF_MEMORY[..i] {
                assert_ne!(a.pattern(), b.pattern(), "{a:?} {b:?}");
                assert_ne!(Theme::LIGHT.colour(*a), Theme::LIGHT.colour(*b), "{a:?} {b:?}");
                assert_ne!(Theme::DARK.colour(*a), Theme::DARK.colour(*b), "{a:?} {b:?}");
            }
        }
    }
}
