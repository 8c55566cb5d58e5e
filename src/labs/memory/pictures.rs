//! The Memory lab's pictures.

use crate::answers;
use crate::charts::{AnyPicture, Capacity, Part, Role, StackedBar, TickFormat};
use crate::labs::{FigureData, Table};
use crate::memory::{PartKind, Report};
use crate::scenario::MemoryScenario;
use crate::units::{ByteUnits, significant};

fn role(kind: PartKind) -> Role {
    match kind {
        PartKind::Weights => Role::Weights,
        PartKind::Gradients => Role::Gradients,
        PartKind::Optimizer => Role::Optimizer,
        PartKind::Activations => Role::Activations,
    }
}

/// The parts side by side, against what the GPU holds.
pub fn parts(asked: &MemoryScenario, report: &Report) -> FigureData {
    FigureData {
        title: answers::memory(asked, report),
        summary: summary(asked, report),
        picture: AnyPicture::StackedBar(bar(asked, report)),
        table: table(asked, report),
    }
}

fn bar(asked: &MemoryScenario, report: &Report) -> StackedBar {
    StackedBar {
        parts: report
            .parts
            .iter()
            .map(|part| Part {
                label: part.kind.name().to_owned(),
                value: part.bytes.get(),
                value_text: part.bytes.show(asked.units),
                role: role(part.kind),
            })
            .collect(),
        capacity: Some(Capacity {
            value: report.gpu_bytes().get(),
            label: format!("{}: {}", report.input.gpu.name, report.gpu_bytes().show(asked.units)),
        }),
        format: TickFormat::Bytes(asked.units),
    }
}

fn table(asked: &MemoryScenario, report: &Report) -> Table {
    let unit = if asked.units == ByteUnits::Binary { "Memory (binary units)" } else { "Memory" };
    let mut table = Table::new(["Part", "Bytes per parameter", unit, "Bytes"]);
    for part in &report.parts {
        table.push([
            part.kind.name().to_owned(),
            significant(part.bytes_per_param, 3),
            part.bytes.show(asked.units),
            format!("{:.0}", part.bytes.get()),
        ]);
    }
    let total = report.total();
    table.push([
        "Total".to_owned(),
        significant(report.bytes_per_param(), 3),
        total.show(asked.units),
        format!("{:.0}", total.get()),
    ]);
    let gpu = report.gpu_bytes();
    table.push([report.input.gpu.name.to_owned(), "–".to_owned(), gpu.show(asked.units), format!("{:.0}", gpu.get())]);
    table
}

fn summary(asked: &MemoryScenario, report: &Report) -> String {
    let parts: Vec<String> = report
        .parts
        .iter()
        .map(|part| format!("{} {}", part.kind.name().to_ascii_lowercase(), part.bytes.show(asked.units)))
        .collect();
    format!(
        "{} in {}: {}. That is {} bytes a parameter, {} × its FP32 weights.",
        capital(&answers::model_name(&asked.size)),
        report.input.precision.name,
        parts.join(", "),
        significant(report.bytes_per_param(), 3),
        answers::times(report.times_fp32_weights()),
    )
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
