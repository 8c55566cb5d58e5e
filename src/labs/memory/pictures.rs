//! The Memory lab's pictures.

use super::words::{count, sequences, summary};
use crate::answers;
use crate::charts::{
    AnyPicture, Axis, Capacity, LineChart, Mark, Part, Reference, Role, Series, Shape, StackedBar, TickFormat,
};
use crate::labs::{FigureData, Table};
use crate::memory::{self, Input, PartKind, Report, estimate};
use crate::scenario::MemoryScenario;
use crate::units::{ByteUnits, Bytes, significant};

fn role(kind: PartKind) -> Role {
    match kind {
        PartKind::Weights => Role::Weights,
        PartKind::Gradients => Role::Gradients,
        PartKind::Optimizer => Role::Optimizer,
        PartKind::Activations => Role::Activations,
        PartKind::Logits => Role::Logits,
        PartKind::KvCache => Role::KvCache,
        PartKind::Buffers => Role::Buffers,
        PartKind::Overhead => Role::Overhead,
    }
}

/// The parts of each kind together, as pieces of a bar.
pub fn pieces(asked: &MemoryScenario, parts: &[memory::Part]) -> Vec<Part> {
    let of = |kind: PartKind| {
        let bytes: Bytes = parts.iter().filter(|part| part.kind == kind).map(|part| part.bytes).sum();
        (bytes.get() > 0.0).then(|| Part {
            label: kind.name().to_owned(),
            value: bytes.get(),
            value_text: bytes.show(asked.units),
            role: role(kind),
        })
    };
    PartKind::ALL.into_iter().filter_map(of).collect()
}

/// What one GPU holds, as a line.
pub fn capacity(asked: &MemoryScenario, report: &Report) -> Capacity {
    let left =
        if asked.reserve > 0.0 { format!(" without {} %", significant(asked.reserve, 3)) } else { String::new() };
    Capacity {
        value: report.room().get(),
        label: format!("{}{left}: {}", report.input.gpu.name, report.room().show(asked.units)),
    }
}

/// The parts side by side, against what the GPU holds.
pub fn parts(asked: &MemoryScenario, report: &Report) -> FigureData {
    FigureData {
        title: answers::memory(asked, report),
        summary: summary(asked, report),
        picture: AnyPicture::StackedBar(StackedBar {
            parts: pieces(asked, &report.parts),
            capacity: Some(capacity(asked, report)),
            format: TickFormat::Bytes(asked.units),
        }),
        table: table(asked, report),
    }
}

fn table(asked: &MemoryScenario, report: &Report) -> Table {
    let unit = if asked.units == ByteUnits::Binary { "Memory (binary units)" } else { "Memory" };
    let mut table = Table::new(["Part", "Bytes per parameter", unit, "Bytes"]);
    let mut row = |name: &str, bytes: Bytes, per_param: bool| {
        let each = if per_param { significant(bytes.get() / report.params.get(), 3) } else { "–".to_owned() };
        table.push([name.to_owned(), each, bytes.show(asked.units), format!("{:.0}", bytes.get())]);
    };
    for part in &report.parts {
        row(part.name, part.bytes, true);
    }
    row("Total", report.total(), true);
    row(report.input.gpu.name, report.gpu_bytes(), false);
    table
}

/// Points of a curve for each doubling.
const STEPS: u32 = 4;

/// Memory against a quantity that is doubled again and again.
struct Curve<'a> {
    asked: &'a MemoryScenario,
    report: &'a Report,
    /// What is doubled.
    axis: &'static str,
    /// From 1 to two to the power of this.
    doublings: u32,
    /// Its present value.
    now: u64,
    /// The most of it that fits.
    most: Option<u64>,
    /// The question with another of it.
    with: fn(&Input, u64) -> Option<Input>,
}

impl Curve<'_> {
    /// The picture; nothing where the quantity does not matter.
    fn figure(&self, title: String, summary: String) -> Option<FigureData> {
        let input = &self.report.input;
        let bytes = |n: u64| {
            let report = estimate(&(self.with)(input, n)?).ok()?;
            Some((report.total(), report.fits()))
        };
        (self.with)(input, 1)?;
        let last = self.doublings.max(self.now.max(2).ilog2() + 2).min(30);
        let units = self.asked.units;
        let mut table = Table::new([self.axis, "Memory", "Bytes", "Fits"]);
        let mut points = Vec::new();
        for step in 0..=last * STEPS {
            let n = libm::round(libm::exp2(f64::from(step) / f64::from(STEPS))) as u64;
            let Some((total, fits)) = bytes(n) else { continue };
            points.push((n as f64, total.get()));
            if step % STEPS == 0 {
                let word = if fits { "yes" } else { "no" };
                table.push([count(n), total.show(units), format!("{:.0}", total.get()), word.to_owned()]);
            }
        }
        points.dedup_by_key(|point| point.0.to_bits());
        let room = self.report.room();
        let top = points
            .iter()
            .map(|point| point.1)
            .fold(room.get(), f64::max)
            .min(3.0 * room.get().max(self.report.total().get()));
        let mut marks = vec![Mark {
            x: self.now as f64,
            y: self.report.total().get(),
            label: format!("now: {}", self.report.total().show(units)),
            shape: Shape::Dot,
            role: Role::Accent,
            emphasis: true,
        }];
        let most = self.most.and_then(|most| Some((most, bytes(most)?.0)));
        if let Some((most, total)) = most.filter(|(most, _)| *most != self.now && *most <= 1 << last) {
            marks.push(Mark {
                x: most as f64,
                y: total.get(),
                label: format!("at most {}", count(most)),
                shape: Shape::Diamond,
                role: Role::Other,
                emphasis: false,
            });
        }
        let capacity = capacity(self.asked, self.report);
        let chart = LineChart {
            x: Axis::log10(self.axis, TickFormat::ShortCount).over(1.0, (1_u64 << last) as f64),
            y: Axis::linear("Memory of a GPU", TickFormat::Bytes(units)).over(0.0, top),
            series: vec![Series { label: String::new(), points, role: Role::Accent, dashed: false }],
            marks,
            references: vec![Reference::Horizontal { at: capacity.value, label: capacity.label }],
            cursor: None,
            readings: crate::charts::Readings::default(),
        };
        Some(FigureData { title, summary, picture: AnyPicture::LineChart(chart), table })
    }
}

/// Memory against the length of a sequence.
pub fn context(asked: &MemoryScenario, report: &Report) -> Option<FigureData> {
    let most = memory::inverse::max_context(&report.input);
    let title = most.map_or_else(
        || "Not even one token fits".to_owned(),
        |most| format!("Longer sequences: up to {} tokens fit", count(most)),
    );
    let summary =
        "Memory of the most loaded GPU as sequences grow. What does not grow with them is the height at the left.";
    let curve = Curve {
        asked,
        report,
        axis: "Tokens of a sequence",
        doublings: 18,
        now: asked.context.into(),
        most,
        with: Input::with_context,
    };
    curve.figure(title, summary.to_owned())
}

/// Memory of each GPU as there are more.
pub fn gpus(asked: &MemoryScenario, report: &Report) -> Option<FigureData> {
    let needed = memory::inverse::gpus_needed(report);
    let title = needed.map_or_else(
        || "More GPUs do not help".to_owned(),
        |gpus| format!("More GPUs: {} {} enough", count(gpus), if gpus == 1 { "is" } else { "are" }),
    );
    let trains = report.input.task.trains();
    let (summary, axis, doublings) = if trains {
        (
            "Memory of the most loaded GPU as copies share all that they keep (ZeRO stage 3, FSDP).",
            "Copies of the model",
            10,
        )
    } else {
        (
            "Memory of the most loaded GPU as GPUs share every matrix. More than there are heads cannot.",
            "GPUs that share",
            6,
        )
    };
    let now = if trains { asked.data } else { asked.tensor };
    let curve = Curve { asked, report, axis, doublings, now: now.into(), most: None, with: Input::with_gpus };
    curve.figure(title, summary.to_owned())
}

/// Memory against the number of sequences.
pub fn batch(asked: &MemoryScenario, report: &Report) -> Option<FigureData> {
    let most = memory::inverse::max_batch(&report.input);
    let title = most.map_or_else(
        || "Not even one sequence fits".to_owned(),
        |most| {
            if most == 1 {
                "One sequence fits, and no more".to_owned()
            } else {
                format!("More at once: up to {} fit", sequences(most))
            }
        },
    );
    let summary = "Memory of the most loaded GPU as more sequences are worked on at once.";
    let curve = Curve {
        asked,
        report,
        axis: "Sequences at once",
        doublings: 8,
        now: asked.batch.into(),
        most,
        with: Input::with_batch,
    };
    curve.figure(title, summary.to_owned())
}
