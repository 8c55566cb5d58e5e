//! Where the bytes are: tables that open beside the sum.

use super::words::{capital, count};
use crate::catalog::{GPUS, MODELS};
use crate::labs::sortable::Order;
use crate::labs::{Columns, Html};
use crate::memory::inverse::gpus_needed;
use crate::memory::{Input, Limit, PartKind, Peak, Report, estimate};
use crate::scenario::MemoryScenario;
use crate::scenario::memory::Task;
use crate::units::{Bytes, Params, significant};

/// From the cheat sheet to the truth: each of its bytes beside what it is here, and when it is not so.
pub fn sheet(asked: &MemoryScenario, report: &Report) -> String {
    let params = report.params;
    let show = |bytes: Bytes| bytes.show(asked.units);
    let by_sheet = |bytes_per_param: f64| {
        format!("{} B × {params} = {}", significant(bytes_per_param, 3), show(Bytes(params.get() * bytes_per_param)))
    };
    // Of a training what there is at any moment: its parts are not all there at its peak.
    let here = |kinds: &[PartKind]| {
        let bytes: Bytes = kinds.iter().map(|kind| report.most(*kind)).sum();
        if bytes.get() > 0.0 { show(bytes) } else { "none".to_owned() }
    };
    let row = |what: &str, sheet: String, here: String, why: &str| vec![what.to_owned(), sheet, here, why.to_owned()];
    let trains = asked.task.trains();
    let mut rows = vec![row(
        "Weights",
        by_sheet(4.0),
        here(&[PartKind::Weights]),
        "4 bytes in FP32; 2 in 16 bits, 1 in 8, and the scales of blocks come on top. \
         Mixed precision computes in 2 bytes but keeps an FP32 copy among the optimizer's.",
    )];
    if trains {
        rows.extend([
            row(
                "Gradients",
                by_sheet(4.0),
                here(&[PartKind::Gradients]),
                "One for each parameter that is trained: 2 bytes in mixed precision, 4 in Megatron-LM; with LoRA for the \
                 adapters alone. They are not there while the forward pass runs.",
            ),
            row(
                "Optimizer",
                by_sheet(8.0),
                here(&[PartKind::Optimizer]),
                "Adam's two moments of 4 bytes; the FP32 copy is 4 more. 2 with 8-bit Adam, next to none with Adafactor.",
            ),
            row(
                "Activations and temporaries",
                by_sheet(8.0),
                here(&[PartKind::Activations, PartKind::Logits, PartKind::Buffers, PartKind::Overhead]),
                "Not a matter of parameters: they grow with batch and length. 8 bytes hold for one batch of one length.",
            ),
            row(
                "All of it",
                format!("{} to {}", by_sheet(16.0), by_sheet(24.0)),
                format!("{} on a GPU", show(report.total())),
                "16 to 24 GB for each 10⁹ parameters, 4 to 6 times the FP32 weights: so for Adam in FP32 on one GPU.",
            ),
        ]);
    } else {
        rows.push(row(
            "What comes on top",
            "not in it".to_owned(),
            here(&[PartKind::KvCache, PartKind::Activations, PartKind::Logits, PartKind::Overhead]),
            "The KV cache grows with every token of every sequence; activations, logits and the runtime are there too.",
        ));
    }
    let gpu = report.input.gpu;
    rows.push(row(
        "The GPU",
        "A100 80 GB".to_owned(),
        format!("{}: {}", gpu.name, show(report.gpu_bytes())),
        "An 80 GB A100 shows 81 920 MiB, which are 85.9 × 10⁹ bytes. Others show less than their label, with error correction on.",
    ));
    let mut html = Html::default();
    html.more("memory-sheet", "From the cheat sheet to the truth", |html| {
        let columns = ["What", "The cheat sheet", "Here", "When it is not so"];
        html.table("memory-sheet-table", "From the cheat sheet to the truth", Columns::Told(&columns), rows);
    });
    html.finish()
}

/// Weights by component, the cache by stack of layers, and how fast it can be.
pub fn details(asked: &MemoryScenario, report: &Report) -> String {
    let mut html = Html::default();
    if !report.weights.is_empty() {
        html.more("memory-components", "Weights, part by part", |html| components(html, asked, report));
    }
    if let Some(cache) = &report.cache {
        html.more("memory-cache-parts", "KV cache, layer by layer", |html| {
            let show = |bytes: Bytes| bytes.show(asked.units);
            let mut rows: Vec<Vec<String>> = cache
                .parts
                .iter()
                .map(|part| {
                    vec![format!("{} layers", part.layers), part.formula.clone(), show(part.bytes), part.why.to_owned()]
                })
                .collect();
            let one = show(cache.bytes_per_token);
            rows.push(vec!["One more token".to_owned(), "at this length".to_owned(), one, String::new()]);
            html.table("memory-cache-table", "KV cache", Columns::Told(&["Of", "Product", "Memory", "Why"]), rows);
        });
    }
    speed(&mut html, report);
    html.finish()
}

fn components(html: &mut Html, asked: &MemoryScenario, report: &Report) {
    let row = |name: &str, params: Params, bytes: Bytes| {
        let bits = significant(8.0 * bytes.get() / params.get(), 4);
        vec![capital(name), params.to_string(), bits, bytes.show(asked.units), format!("{:.0}", bytes.get())]
    };
    let of =
        |part: &crate::memory::ComponentWeights| row(part.component.name(), Params(part.params as f64), part.bytes);
    let mut rows: Vec<_> = report.weights.iter().filter(|part| part.params > 0).map(of).collect();
    let all: Bytes = report.weights.iter().map(|part| part.bytes).sum();
    rows.push(row("all", report.params, all));
    let columns = ["Component", "Parameters", "Bits per weight", "Memory", "Bytes"];
    html.table("memory-components-table", "Weights in all", Columns::Short(&columns), rows);
    if let Some((active, embedding)) = report.of_params {
        let text = format!("A token goes through {active} of the {} parameters; {embedding} embed it.", report.params);
        html.element("p", &[("class", "note")], &text);
    }
}

fn speed(html: &mut Html, report: &Report) {
    let (Some(_), Some(prefill)) = (&report.speed.0, &report.speed.1) else { return };
    let limit = |limit: Limit| match limit {
        Limit::Memory => "memory's bandwidth",
        Limit::Compute => "arithmetic",
    };
    let rate = |peak: &Peak| format!("{} TFLOPS in {}", significant(peak.flop_per_second.get() / 1e12, 4), peak.format);
    html.more("memory-speed", "How fast it can be", |html| {
        let mut rows = Vec::new();
        if let Some(decode) = &report.speed.0 {
            let tokens = significant(decode.tokens_per_second.get(), 3);
            let each = significant(decode.tokens_per_second_each.get(), 3);
            rows.push(vec![
                "Tokens per second, all sequences".to_owned(),
                format!("≤ {tokens}"),
                limit(decode.limit).to_owned(),
            ]);
            rows.push(vec!["Tokens per second, each".to_owned(), format!("≤ {each}"), limit(decode.limit).to_owned()]);
            let read = decode.weights_read + decode.cache_read;
            let bandwidth = format!("{} GB/s", significant(report.input.gpu.bandwidth_gb_s, 4));
            rows.push(vec!["A step reads".to_owned(), format!("{read} ÷ {bandwidth}"), String::new()]);
        }
        let time = format!("≥ {} s", significant(prefill.time.get(), 3));
        rows.push(vec!["Time to the first token".to_owned(), time, limit(prefill.limit).to_owned()]);
        rows.push(vec!["Arithmetic".to_owned(), rate(&prefill.peak), String::new()]);
        html.table(
            "memory-speed-table",
            "Bounds that nothing is faster than",
            Columns::Short(&["What", "Bound", "By"]),
            rows,
        );
        for text in prefill.peak.fallback.iter() {
            html.element("p", &[("class", "note")], text);
        }
        html.open("ul", &[]);
        let decode = report.speed.0.as_ref().map_or(&[][..], |decode| decode.assumptions);
        for text in decode.iter().chain(prefill.assumptions) {
            html.element("li", &[], text);
        }
        html.close("ul");
    });
}

/// Every model of the catalogue: its parameters as transformers counts them, and as they are counted here from its config.
pub fn checked() -> String {
    let rows = MODELS.iter().map(|model| {
        let counted = model.architecture().map_or(0, |architecture| architecture.params());
        let whole = |n: u128| count(u64::try_from(n).unwrap_or(u64::MAX));
        vec![model.name.to_owned(), whole(model.params.get() as u128), whole(counted)]
    });
    let mut html = Html::default();
    html.more("memory-checked", "Checked against", |html| {
        let columns = ["Model", "Parameters by transformers 4.57.6", "Counted here"];
        html.table(
            "memory-checked-table",
            "Parameters of every model of the catalogue",
            Columns::Short(&columns),
            rows,
        );
    });
    html.finish()
}

/// The same on every GPU of the catalogue, in an order of its columns.
pub fn every_gpu(asked: &MemoryScenario, report: &Report, order: &str) -> String {
    let order = Order::read(order);
    let reports: Vec<Option<Report>> =
        GPUS.iter().map(|gpu| estimate(&Input { gpu, ..report.input.clone() }).ok()).collect();
    let needed: Vec<Option<u64>> = reports.iter().map(|report| gpus_needed(report.as_ref()?)).collect();
    let tokens = |row: usize| Some(reports[row].as_ref()?.speed.0.as_ref()?.tokens_per_second.get());
    let share = |row: usize| reports[row].as_ref().map(|report| report.total() / report.room());
    let key = |row: usize, column: usize| match column {
        1 => Some(GPUS[row].memory().get()),
        2 => share(row),
        3 => needed[row].map(|gpus| gpus as f64),
        4 => Some(GPUS[row].bandwidth_gb_s),
        5 => tokens(row),
        _ => Some(row as f64),
    };
    let mut columns = vec!["GPU", "Memory", "Taken", "GPUs needed", "Bandwidth, GB/s"];
    if asked.task == Task::Run {
        columns.push("Tokens per second, at most");
    }
    let dash = || "–".to_owned();
    let rows = order.of(GPUS.len(), key).into_iter().map(|row| {
        let taken = share(row).map_or_else(dash, |share| {
            format!("{} {} %", if share > 1.0 { "✕" } else { "✓" }, significant(100.0 * share, 3))
        });
        let mut cells = vec![
            GPUS[row].name.to_owned(),
            GPUS[row].memory().show(asked.units),
            taken,
            needed[row].map_or_else(dash, count),
            significant(GPUS[row].bandwidth_gb_s, 4),
        ];
        if asked.task == Task::Run {
            cells.push(tokens(row).map_or_else(dash, |tokens| significant(tokens, 3)));
        }
        cells
    });
    order.table(("memory-gpus", "Every GPU"), columns, rows)
}
