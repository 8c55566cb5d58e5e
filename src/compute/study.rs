//! What a lab asks of a tensor beyond the two passes: how it fares in other formats and settings, a closer look, files.

use super::cpu::{self, trials};
use crate::labs::File;
use crate::labs::quantize::compare::{Comparison, Effect, remedies};
use crate::labs::quantize::place::{Place, Spot};
use crate::labs::quantize::{Closer, Inspected, Outcome, Task, clip_parts};
use crate::quantize::detail::Window;
use crate::quantize::{CodeFacts, Detail, Element, Error, Plan, Quantizer, RangeMethod, Report, compare};
use crate::weights::npy;
use std::ops::ControlFlow;

/// The most values of a tensor that formats are compared on.
const MOST_COMPARED: usize = 1 << 20;
/// The most values of a tensor that ways to clip are tried on.
const MOST_CLIPPED: usize = 1 << 16;
/// Every format on a task's tensor, and what would help the task. `tell` is told the share that is done, 0..=1.
///
/// # Errors
/// For values that are no tensor.
pub fn compare(task: &Task, values: &[f32], mut tell: impl FnMut(f64)) -> Result<Comparison, Error> {
    let (rows, cols) = task.tensor.shape();
    if rows * cols != values.len() {
        return Err(Error::Shape { values: values.len(), rows, cols });
    }
    let (rows, sampled) = compare::sample(values, cols, MOST_COMPARED);
    let shape = (rows, sampled.len().checked_div(rows).unwrap_or_default());
    let compared = cpu::compare(shape.0, shape.1, &sampled, |_, share| {
        tell(0.7 * share);
        ControlFlow::Continue(())
    })?;
    let mut remedies = remedies(&task.asked);
    let mut codes = Vec::new();
    let n = remedies.len() as f64;
    for (i, remedy) in remedies.iter_mut().enumerate() {
        let changed = task.changed(remedy.apply(&task.asked));
        // A change of the tensor itself is made on all of it.
        let other = (!changed.tensor.is_same(&task.tensor))
            .then(|| compare::sample(&changed.tensor.load(|_| {}), cols, MOST_COMPARED).1);
        let values = other.as_ref().unwrap_or(&sampled);
        // What a tensor cannot be tried with has no effect.
        let Ok(trial) = trials::try_one(changed.quantizer, shape, values, &changed.activation(shape.1)) else {
            continue;
        };
        // Without outliers there is nothing to keep.
        if changed.quantizer.keeps_outliers && trial.kept_columns == 0 {
            continue;
        }
        let changed_codes = (i > 0 && other.is_none() && trial.codes.len() == codes.len())
            .then(|| count_changed(&trial.codes, &codes, task.quantizer.format.code_bytes()));
        if i == 0 {
            codes = trial.codes;
        }
        remedy.effect = Some(Effect { row: trial.row, output_error: trial.output_error, changed_codes });
        tell(0.7 + 0.3 * (i + 1) as f64 / n);
    }
    let crest = compare::crest(&sampled);
    Ok(Comparison { rows: compared, remedies, crest, sampled: sampled.len(), of: values.len() })
}

/// What comes of a task on the CPU, in one go; its time is not known here.
///
/// # Errors
/// As [`cpu::report`].
pub fn outcome(task: &Task) -> Result<Outcome, Error> {
    let values = task.tensor.load(|_| {});
    let (rows, cols) = task.tensor.shape();
    let (plan, tally, codes) = cpu::quantize(task.quantizer, rows, cols, &values, |_| {})?;
    let details = cpu::details(&plan, &values, &task.activation(cols));
    let report = Report::new(&plan, &tally, CodeFacts::of(&plan, &codes), &details)?;
    Ok(Outcome { report, clip_curve: clip_curve(&plan, &values), ..Outcome::on_cpu() })
}

/// The task of the beginning of a large tensor, and what comes of it; nothing for others.
#[must_use]
pub fn beginning(task: &Task) -> Option<(Task, Outcome)> {
    let part = task.beginning()?;
    let outcome = outcome(&part).ok()?;
    Some((part, outcome))
}

/// Decibels by the part of the range that is not clipped, of a sample; nothing for formats without a scale.
#[must_use]
pub fn clip_curve(plan: &Plan, values: &[f32]) -> Vec<(f64, f64)> {
    if !plan.quantizer.has_scale() {
        return Vec::new();
    }
    let (rows, sampled) = compare::sample(values, plan.cols, MOST_CLIPPED);
    let cols = sampled.len().checked_div(rows).unwrap_or_default();
    let at = |part: f64| {
        let quantizer = Quantizer { range: RangeMethod::Part(part), ..plan.quantizer };
        Some((part, cpu::compare_one(quantizer, rows, cols, &sampled).ok()?.sqnr_db?))
    };
    clip_parts().into_iter().filter_map(at).collect()
}

/// Makes a file of a tensor, piece by piece, and gives its name: beside the tensor no more of it is held than its codes.
pub fn file(file: File, plan: &Plan, outcome: &Outcome, values: &[f32], mut push: impl FnMut(&[u8])) -> String {
    let id = plan.quantizer.format.id;
    let mut floats = |of_slice: &dyn Fn(usize, &[f32]) -> Vec<f32>| {
        push(&npy::header("<f4", &[plan.rows, plan.cols], 0));
        for (first_row, slice) in cpu::slices(plan.cols, values) {
            let bytes: Vec<u8> = of_slice(first_row, slice).iter().flat_map(|x| x.to_le_bytes()).collect();
            push(&bytes);
        }
    };
    let codes = || cpu::codes(plan, values);
    match file {
        File::Reference => {
            floats(&|_, slice| slice.to_vec());
            "fp32.npy".to_owned()
        }
        File::Quantized => {
            floats(&|first_row, slice| cpu::quantized(plan, first_row, slice));
            format!("{id}-values.npy")
        }
        File::Codes => {
            let codes = codes();
            let is_ggml = matches!(plan.element, Element::Ggml(_));
            let is_signed = plan.quantizer.has_signed_codes();
            let dtype = match plan.quantizer.format.code_bytes() {
                _ if is_ggml => "|u1",
                1 if is_signed => "|i1",
                1 => "|u1",
                2 if is_signed => "<i2",
                2 => "<u2",
                _ => "<u4",
            };
            let shape = if is_ggml { vec![plan.rows, codes.len() / plan.rows] } else { vec![plan.rows, plan.cols] };
            push(&npy::header(dtype, &shape, 0));
            push(&codes);
            format!("{id}-codes.npy")
        }
        File::Packed => {
            let packed = cpu::packed(plan, values, &codes());
            let parts = [packed.codes, packed.scales, packed.zero_points, packed.tensor_scales, packed.kept];
            parts.iter().for_each(|part| push(part));
            format!("{id}.bin")
        }
        // The other kinds are of the Weights lab.
        File::Report | File::Csv | File::Example | File::Copy => {
            push(outcome.to_json().as_bytes());
            format!("{id}-report.json")
        }
    }
}

/// Where the largest error of a bin of the errors is.
fn worst_in_bin(plan: &Plan, values: &[f32], bin: usize) -> Option<usize> {
    let mut worst: Option<(f32, usize)> = None;
    for (first_row, slice) in cpu::slices(plan.cols, values) {
        let quantized = cpu::quantized(plan, first_row, slice);
        let errors = slice.iter().zip(&quantized).map(|(x, q)| q - x).enumerate();
        for (i, e) in errors.filter(|(_, e)| e.is_finite() && plan.error_edges.bin_from_guess(*e) == bin) {
            if worst.is_none_or(|(largest, _)| e.abs() >= largest) {
                worst = Some((e.abs(), first_row * plan.cols + i));
            }
        }
    }
    worst.map(|(_, index)| index)
}

/// How many codes of so many bytes differ.
fn count_changed(a: &[u8], b: &[u8], code_bytes: usize) -> u64 {
    let pairs = a.chunks(code_bytes.max(1)).zip(b.chunks(code_bytes.max(1)));
    pairs.filter(|(a, b)| a != b).count() as u64
}

/// Looks at a tensor from above, slice by slice, and at the number of a place. A number that is not in the cells moves them.
#[must_use]
pub fn look(plan: &Plan, values: &[f32], place: Place) -> Closer {
    let shape = (plan.rows, plan.cols);
    let mut detail = Detail::new(shape, place.window_of(shape));
    for (first_row, slice) in cpu::slices(plan.cols, values) {
        let quantized = cpu::quantized(plan, first_row, slice);
        detail.add(first_row, slice, &quantized, &plan.value_edges, &plan.error_edges);
    }
    let index = match place.spot {
        Spot::Worst => None,
        Spot::Cell(col, row) => detail.worst_in(col, row),
        Spot::Number(index) => Some(index).filter(|index| *index < values.len()),
        Spot::Error(bin) => worst_in_bin(plan, values, bin),
    };
    let index = index.unwrap_or(detail.worst_of_all);
    if detail.cell_of(plan.cols, index).is_none() {
        let window = Window::around(shape, index, (detail.window.rows, detail.window.cols));
        detail = detail.moved(window);
        for (i, slice) in values[window.row * plan.cols..][..window.rows * plan.cols].chunks(plan.cols).enumerate() {
            detail.fill(window.row + i, slice, &cpu::quantized(plan, window.row + i, slice));
        }
    }
    let (row, col) = (index / plan.cols, index % plan.cols);
    let q = cpu::quantized(plan, row, &values[row * plan.cols..][..plan.cols])[col];
    let granularity = plan.quantizer.groups();
    let group = granularity.group(plan.cols, row, col / granularity.run(plan.cols));
    let scale = match &plan.element {
        Element::Integer(grids) => grids.get(group).map(|grid| (grid.scale, grid.zero_point)),
        element => element.scales().nth(group).map(|scale| (scale, 0)),
    };
    let size = plan.quantizer.format.block_size();
    let block = if size > 1 {
        let start = index - col % size;
        let end = (start + size).min((row + 1) * plan.cols);
        let mut block = values[start..end].to_vec();
        for (x, is_kept) in block.iter_mut().zip(plan.is_kept.iter().skip(col - col % size)) {
            *x = if *is_kept { 0.0 } else { *x };
        }
        block.resize(size, 0.0);
        block
    } else {
        Vec::new()
    };
    let scale = scale.filter(|_| plan.quantizer.has_scale());
    let is_kept = plan.is_kept.get(col) == Some(&true);
    Closer { detail, inspected: Inspected { index, x: values[index], q, scale, is_kept, block } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::{Part, Question};
    use crate::weights::FileValues;
    use std::rc::Rc;

    /// Name and content of a file.
    fn made(of: File, plan: &Plan, outcome: &Outcome, values: &[f32]) -> (String, Vec<u8>) {
        let mut content = Vec::new();
        let name = file(of, plan, outcome, values, |bytes| content.extend(bytes));
        (name, content)
    }

    /// The task that a link asks for, its values, and the plan for them.
    fn task(keys: &[(&str, &str)]) -> (Question, Task, Vec<f32>, Plan) {
        let keys = keys.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let question = Question { keys, ..Question::default() };
        let task = Task::new(&question);
        let values = task.tensor.load(|_| {});
        let (rows, cols) = task.tensor.shape();
        let (plan, ..) = cpu::quantize(task.quantizer, rows, cols, &values, |_| {}).unwrap();
        (question, task, values, plan)
    }

    /// What the inspector says of the number in a cell.
    fn inspected(keys: &[(&str, &str)], (col, row): (usize, usize)) -> String {
        let (question, task, values, plan) = task(keys);
        let report = cpu::report(task.quantizer, plan.rows, plan.cols, &values).unwrap();
        let outcome = Outcome { report, clip_curve: clip_curve(&plan, &values), ..Outcome::on_cpu() };
        let closer = look(&plan, &values, Place { spot: Spot::Cell(col, row), window: None });
        task.view(&question, Ok(&outcome), Some(&closer)).part(Part::Inspector).to_owned()
    }

    #[test]
    fn the_code_of_a_number_is_that_beside_its_scale() {
        let own = [("data", "values"), ("values", "1,-0.5,0.25,0.001")];
        let with = |format: &'static str, more: &'static [(&'static str, &'static str)], cell| {
            inspected(&[&own[..], &[("format", format)], more].concat(), cell)
        };
        // The largest number is 448, code 0x7E, whatever it was before.
        assert!(with("e4m3fn", &[("fit", "1")], (0, 0)).contains("01111110 = 0x7E"));
        assert!(with("e4m3fn", &[], (0, 0)).contains("00111000 = 0x38"));
        assert!(with("int8", &[], (1, 0)).contains("= 0xC0"), "rint(−0.5 · 127) = −64");
        assert!(with("int8", &[("scheme", "affine")], (0, 0)).contains("11111111 = 0xFF"));
        assert!(with("nf4", &[], (0, 0)).contains("1111 = 0xF"));
        for format in ["mxfp4", "q4_0"] {
            let text = with(format, &[], (0, 0));
            assert!(text.contains("<dt>Bytes of the block</dt>") && text.contains("<dd>0 of 32</dd>"), "{text}");
        }
        assert!(with("nvfp4", &[], (0, 0)).contains("depend on the scale of the whole tensor"));
    }

    #[test]
    fn a_place_is_a_cell_of_a_part_a_number_or_an_error() {
        let (_, _, values, plan) = task(&[("format", "int4"), ("outliers", "2")]);
        let at = |text: &str| look(&plan, &values, Place::read(text));
        let worst = at("worst");
        let index = worst.inspected.index;
        let error = |closer: &Closer| (closer.inspected.q - closer.inspected.x).abs();
        assert!(error(&worst) > 0.0 && worst.detail.error.iter().all(|e| *e <= error(&worst)));
        // Nearer, a cell is a number; one that is elsewhere moves the cells.
        let near = at(&format!("number {index}@0,0,32,32"));
        assert_eq!((near.inspected.index, near.detail.cell_rows, near.detail.cell_cols), (index, 32, 32));
        assert!(near.detail.cell_of(plan.cols, index).is_some());
        assert_eq!(at("cell 3,2@64,128,32,32").inspected.index, 66 * plan.cols + 131);
        assert_eq!(at("number 99999999").inspected.index, index, "there is no such number");
        // The bin of the worst error holds it; one that is empty leads there too.
        let bin = plan.error_edges.bin_from_guess(worst.inspected.q - worst.inspected.x);
        assert_eq!(error(&at(&format!("error {bin}"))), error(&worst));
        let middle = at("error 128");
        assert_eq!(plan.error_edges.bin_from_guess(middle.inspected.q - middle.inspected.x), 128);
    }

    #[test]
    fn a_number_is_beside_the_scale_of_its_own_group() {
        let values: Vec<String> = (0..64).map(|i| if i < 32 { "127".to_owned() } else { "1.27".to_owned() }).collect();
        let text = values.join(",");
        let (_, _, values, plan) = task(&[("data", "values"), ("values", &text), ("format", "int8"), ("scale", "g32")]);
        let scale =
            |col| look(&plan, &values, Place { spot: Spot::Number(col), window: None }).inspected.scale.unwrap().0;
        assert_eq!((scale(3), scale(40)), (1.0, 0.01));
    }

    #[test]
    fn a_large_tensor_is_first_looked_at_in_part() {
        let (_, small, ..) = task(&[]);
        assert!(beginning(&small).is_none());
        let keys = [("n", "own"), ("rows", "3000"), ("cols", "1000"), ("scale", "row"), ("format", "int8")];
        let question =
            Question { keys: keys.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec(), ..Question::default() };
        let whole = Task::new(&question);
        let (part, outcome) = beginning(&whole).unwrap();
        assert_eq!((outcome.report.rows, outcome.report.cols), (65, 1000));
        assert_eq!(part.tensor.load(|_| {}), whole.tensor.load(|_| {})[..65 * 1000]);
        let sentence = crate::labs::quantize::beginning_of(&whole, &outcome.report).replace('\u{202f}', " ");
        assert!(sentence.contains("the first 65 000 of 3 000 000 numbers"), "{sentence}");
        // A tensor of one long row has no first rows.
        let keys = [("n", "own"), ("rows", "1"), ("cols", "3000000")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let line = Task::new(&Question { keys: keys.to_vec(), ..Question::default() });
        assert_eq!(beginning(&line).unwrap().1.report.n, 65_536);
    }

    #[test]
    fn numbers_of_ones_own_are_rows_of_one_length_or_are_refused() {
        let own = |width| {
            let keys = [("data", "values"), ("values", "1,2,3,4,5,6"), ("width", width)];
            let keys = keys.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
            Task::new(&Question { keys, ..Question::default() })
        };
        assert_eq!((own("0").tensor.shape(), own("2").tensor.shape()), ((1, 6), (3, 2)));
        let ragged = own("4");
        let values = ragged.tensor.load(|_| {});
        let error = Error::Shape { values: 6, rows: 2, cols: 4 };
        let (rows, cols) = ragged.tensor.shape();
        assert_eq!(cpu::report(ragged.quantizer, rows, cols, &values), Err(error));
        assert_eq!(compare(&ragged, &values, |_| {}), Err(error));
    }

    #[test]
    fn channels_of_outliers_in_the_activation_show_in_the_output() {
        let error = |channels: &'static str| {
            let (_, task, values, plan) = task(&[("format", "int4"), ("channels", channels)]);
            cpu::details(&plan, &values, &task.activation(plan.cols)).output_error.unwrap()
        };
        let (none, some) = (error("0"), error("2"));
        assert!(none > 0.05 && some > 0.05 && none != some, "{none} {some}");
    }

    #[test]
    fn files_hold_what_the_report_is_of() {
        let (_, _, values, plan) = task(&[("data", "values"), ("values", "0.7,-0.3,0.1"), ("format", "int4")]);
        let outcome = Outcome::on_cpu();
        let data = |of| made(of, &plan, &outcome, &values).1[128..].to_vec();
        let floats =
            |bytes: Vec<u8>| -> Vec<f32> { bytes.as_chunks().0.iter().map(|x| f32::from_le_bytes(*x)).collect() };
        assert_eq!(floats(data(File::Reference)), [0.7, -0.3, 0.1]);
        assert_eq!(data(File::Codes), [7, 0xfd, 1]);
        let (name, packed) = made(File::Packed, &plan, &outcome, &values);
        assert_eq!((name.as_str(), packed.len() as u64), ("int4.bin", plan.packed_bytes()));
    }

    #[test]
    fn a_comparison_has_every_format_and_the_effect_of_every_change() {
        let (_, task, values, _) = task(&[("format", "int4"), ("outliers", "2")]);
        let mut shares = Vec::new();
        let compared = compare(&task, &values, |share| shares.push(share)).unwrap();
        assert_eq!(compared.rows.len(), compare::settings().count());
        assert!(shares.is_sorted() && shares.last() == Some(&1.0));
        let effect = |name: &str| {
            let remedy = compared.remedies.iter().find(|remedy| remedy.name.contains(name));
            remedy.and_then(|remedy| remedy.effect.clone()).unwrap_or_else(|| panic!("no {name}"))
        };
        let db = |name: &str| effect(name).row.sqnr_db.unwrap();
        for better in ["each column", "32 neighbours", "Hadamard", "LLM.int8()"] {
            assert!(db(better) > db("As it is") + 3.0, "{better}: {} {}", db(better), db("As it is"));
        }
        assert!(effect("PyTorch").changed_codes.unwrap() > 0);
        assert_eq!(effect("Hadamard").changed_codes, None, "it is another tensor");
        assert!(effect("each column").output_error.unwrap() < effect("As it is").output_error.unwrap());
    }

    #[test]
    fn a_tensor_of_a_file_is_compared_with_its_own_values_and_named() {
        let (question, mut task, values, _) = task(&[("format", "int4"), ("outliers", "2")]);
        let values = Rc::new(values[..16 * 256].to_vec());
        let stored = FileValues { name: "a <b>".to_owned(), place: 0, values, cols: 256, of: 131_072 };
        task.take_stored(Rc::new(stored));
        // The sample is not there any more, and another seed would change nothing.
        let mut asked = task.asked.clone();
        asked.seed = 77;
        let reseeded = task.changed(asked);
        let row = |task: &Task| outcome(task).unwrap().report.rmse;
        assert_eq!(row(&task), row(&reseeded));
        let compared = compare(&task, &task.tensor.load(|_| {}), |_| {}).unwrap();
        let hadamard = compared.remedies.iter().find(|remedy| remedy.name.contains("Hadamard")).unwrap();
        assert!(hadamard.effect.is_some());
        let view = task.view(&question, Ok(&outcome(&task).unwrap()), None);
        assert_eq!(view.part(Part::TensorName), "a <b>");
        let marked = view.part(Part::Preview).replace('\u{202f}', " ");
        assert_eq!(marked, "This is of the first 4 096 of 131 072 numbers: more are not held at once.");
    }

    #[test]
    fn columns_that_are_kept_are_in_the_figures_and_the_files() {
        let keys = [("format", "int4"), ("outliers", "2"), ("factor", "50")];
        let (_, plain, ..) = task(&keys);
        let (_, split, values, plan) = task(&[&keys[..], &[("split", "1")]].concat());
        let (plain, kept) = (outcome(&plain).unwrap().report, outcome(&split).unwrap().report);
        assert_eq!((plain.kept_columns, kept.kept_columns), (0, 2));
        assert!(kept.sqnr_db.unwrap() > plain.sqnr_db.unwrap() + 10.0);
        assert_eq!((kept.max, kept.n), (plain.max, plain.n), "it is the whole tensor");
        assert_eq!(kept.bytes_after, plain.bytes_after + 2 * (2 * plan.rows as u64 + 4));
        assert_eq!(kept.reference.counts, plain.reference.counts);
        let packed = made(File::Packed, &plan, &Outcome::on_cpu(), &values).1;
        assert_eq!(packed.len() as u64, kept.bytes_after);
        let col = plan.is_kept.iter().position(|is_kept| *is_kept).unwrap();
        let bytes = &packed[packed.len() - 8 - 4 * plan.rows..][..2];
        assert_eq!(bytes, half::f16::from_f32(values[col]).to_le_bytes());
        let seen = look(&plan, &values, Place { spot: Spot::Number(col), window: None }).inspected;
        assert!(seen.is_kept && seen.q == half::f16::from_f32(seen.x).to_f32());
        // Slice by slice it is the same, and so are the codes made once more.
        let (again, tally, codes) = cpu::quantize(split.quantizer, plan.rows, plan.cols, &values, |_| {}).unwrap();
        let mut parts = crate::quantize::Tally::default();
        let mut part_codes = Vec::new();
        for (i, rows) in values.chunks(7 * plan.cols).enumerate() {
            parts.add(&cpu::scalar::measure(&again, 7 * i, rows, &mut part_codes));
        }
        parts.sums = tally.sums;
        assert!(parts == tally && part_codes == codes && cpu::codes(&plan, &values) == codes);
    }

    #[test]
    fn the_curve_of_clips_is_of_formats_with_a_scale_and_ends_with_the_whole_range() {
        let (_, _, values, plan) = task(&[("format", "int4"), ("data", "laplace")]);
        let curve = clip_curve(&plan, &values);
        let (part, whole) = *curve.last().unwrap();
        let best = curve.iter().map(|point| point.1).fold(f64::MIN, f64::max);
        assert!(part == 1.0 && best > whole + 3.0, "{curve:?}");
        let (_, _, values, plan) = task(&[("format", "bf16")]);
        assert!(clip_curve(&plan, &values).is_empty());
    }
}
