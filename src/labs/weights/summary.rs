//! What all tensors of a checkpoint come to.

use super::other::{OTHER, costs};
use super::results::is_measurable;
use super::{Desk, words};
use crate::order;
use crate::scenario::WeightsScenario;
use crate::units::{Bytes, Params, significant};
use crate::weights::Checkpoint;
use serde::Serialize;

/// How many of the worst tensors are named.
const WORST: usize = 5;

/// What tensors of one dtype take.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DtypeSum {
    /// The dtype.
    pub dtype: String,
    /// How many tensors.
    pub tensors: u64,
    /// Their values.
    pub parameters: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What tensors of each dtype take, the largest first.
pub fn dtypes(checkpoint: &Checkpoint) -> Vec<DtypeSum> {
    let mut sums: Vec<DtypeSum> = Vec::new();
    for tensor in &checkpoint.tensors {
        let dtype = tensor.dtype.name();
        let place = sums.iter().position(|sum| sum.dtype == dtype).unwrap_or_else(|| {
            sums.push(DtypeSum { dtype, tensors: 0, parameters: 0, bytes: 0 });
            sums.len() - 1
        });
        let sum = &mut sums[place];
        sum.tensors += 1;
        sum.parameters = sum.parameters.saturating_add(tensor.len());
        sum.bytes = sum.bytes.saturating_add(tensor.span.len());
    }
    order::sort_by_key(&mut sums, |sum| std::cmp::Reverse(sum.bytes));
    sums
}

/// A tensor and what a format leaves of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worst {
    /// The tensor's name.
    pub tensor: String,
    /// Decibels of signal over error; nothing if it overflows.
    pub sqnr_db: Option<f64>,
}

/// What a format does to all tensors that were measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettingSum {
    /// The setting, as in a link.
    pub format: String,
    /// Its name.
    pub name: String,
    /// Tensors that were measured in it.
    pub tensors: u64,
    /// Tensors that cannot be written in it.
    pub refused: u64,
    /// Their values.
    pub parameters: u64,
    /// The bytes that they take in it, with every scale.
    pub bytes: u64,
    /// Those as bits for each of their values.
    pub bits_per_weight: Option<f64>,
    /// 10·log₁₀ of all tensors' Σx² over Σe²; nothing without error or with an overflow.
    pub sqnr_db: Option<f64>,
    /// The median of the tensors' decibels.
    pub median_sqnr_db: Option<f64>,
    /// The tensors that it does most harm to, the worst first.
    pub worst: Vec<Worst>,
    /// Values beyond its range.
    pub clipped: u64,
    /// Those that became infinite.
    pub overflowed: u64,
    /// Values other than zero that became zero.
    pub flushed: u64,
    /// The decibels of each tensor, ascending.
    #[serde(skip)]
    pub decibels: Vec<f64>,
}

impl SettingSum {
    /// What it leaves of the tensor that it does most harm to: below every number if that overflows.
    pub fn least_db(&self) -> Option<f64> {
        self.decibels.first().copied()
    }
}

/// What each setting does, and behind them how the other files differ, if there are any.
pub fn settings(asked: &WeightsScenario, desk: &Desk, checkpoint: &Checkpoint) -> Vec<SettingSum> {
    let costs = costs(asked, desk).into_iter().enumerate();
    costs.map(|(place, cost)| sum(place, cost, desk, checkpoint)).collect()
}

fn sum(place: usize, (format, name): (String, String), desk: &Desk, checkpoint: &Checkpoint) -> SettingSum {
    let mut sum = SettingSum {
        format,
        name,
        tensors: 0,
        refused: 0,
        parameters: 0,
        bytes: 0,
        bits_per_weight: None,
        sqnr_db: None,
        median_sqnr_db: None,
        worst: Vec::new(),
        clipped: 0,
        overflowed: 0,
        flushed: 0,
        decibels: Vec::new(),
    };
    let (mut e2, mut x2) = (0.0, 0.0);
    let mut all: Vec<(f64, &str)> = Vec::new();
    for (tensor, measured) in
        desk.measured.iter().filter_map(|(at, one)| Some((checkpoint.tensors.get(*at as usize)?, one)))
    {
        let errors = match measured.errors.get(place) {
            Some(Ok(errors)) => errors,
            Some(Err(_)) => {
                sum.refused += 1;
                continue;
            }
            None => continue,
        };
        sum.tensors += 1;
        sum.parameters = sum.parameters.saturating_add(tensor.len());
        sum.bytes = sum.bytes.saturating_add(errors.bytes);
        sum.clipped += errors.clipped;
        sum.overflowed += errors.overflowed;
        sum.flushed += errors.flushed;
        e2 += errors.e2;
        x2 += errors.x2;
        // A tensor without a value other than zero has no signal to lose.
        if errors.x2 > 0.0 || errors.overflowed > 0 {
            all.push((errors.decibels(), &tensor.name));
        }
    }
    order::sort_by(&mut all, |a, b| a.0.total_cmp(&b.0));
    let finite = |db: f64| Some(db).filter(|db| db.is_finite());
    sum.bits_per_weight = (sum.parameters > 0).then(|| sum.bytes as f64 * 8.0 / sum.parameters as f64);
    sum.sqnr_db = (sum.overflowed == 0 && e2 > 0.0 && x2 > 0.0).then(|| 10.0 * libm::log10(x2 / e2));
    let worst = all.iter().take(WORST).filter(|(db, _)| *db < f64::INFINITY);
    sum.worst = worst.map(|(db, tensor)| Worst { tensor: (*tensor).to_owned(), sqnr_db: finite(*db) }).collect();
    sum.decibels = all.iter().map(|(db, _)| *db).collect();
    sum.median_sqnr_db = median(&sum.decibels).and_then(finite);
    sum
}

/// The middle of ascending values; of an even number the mean of both in the middle.
fn median(ascending: &[f64]) -> Option<f64> {
    let n = ascending.len();
    let upper = *ascending.get(n / 2)?;
    Some(if n.is_multiple_of(2) { (ascending[n / 2 - 1] + upper) / 2.0 } else { upper })
}

/// The answer in one sentence.
pub fn takeaway(sums: &[SettingSum], desk: &Desk, checkpoint: &Checkpoint) -> String {
    let (params, bytes) = (Params(checkpoint.params() as f64), Bytes(checkpoint.tensor_bytes() as f64));
    let n = checkpoint.tensors.len() as u64;
    let what = format!("{} with {params} parameters take {bytes}", words::tensors(n));
    if sums.iter().all(|sum| sum.tensors == 0) {
        return what;
    }
    let measurable = checkpoint.tensors.iter().filter(|tensor| is_measurable(tensor)).count();
    let so_far = match desk.measured.len() as u64 {
        some if some < measurable as u64 => format!("Of {} measured so far", words::tensors(some)),
        _ => "Of all tensors".to_owned(),
    };
    // As people choose: about 4 bits, about 8, and whatever else there is.
    let within = |bits: f64| best(sums, bits).map(|(sum, db)| (bits, sum, db));
    let found: Vec<(f64, &SettingSum, f64)> = [4.6, 8.6].into_iter().filter_map(within).collect();
    let found = if found.is_empty() { within(f64::INFINITY).into_iter().collect() } else { found };
    let told: Vec<String> = found
        .iter()
        .map(|(bits, sum, db)| {
            let limit = if bits.is_finite() { format!("within {bits} bits ") } else { String::new() };
            match db.is_finite() {
                true => format!("{limit}{} keeps at least {} dB", sum.name, significant(*db, 3)),
                false => format!("{limit}{} is exact", sum.name),
            }
        })
        .collect();
    if told.is_empty() {
        return format!("{so_far}, every chosen format overflows in one at least");
    }
    format!("{so_far}, {}", told.join("; "))
}

/// The setting of at most so many bits a weight that leaves most of the tensor that it does most harm to, and what; none that
/// overflows.
fn best(sums: &[SettingSum], bits: f64) -> Option<(&SettingSum, f64)> {
    let formats = sums.iter().filter(|sum| sum.format != OTHER);
    let fits = formats.filter(|sum| sum.bits_per_weight.is_some_and(|has| has <= bits));
    let worth = fits.map(|sum| (sum, sum.least_db().unwrap_or(f64::INFINITY)));
    worth.filter(|(_, db)| *db > f64::NEG_INFINITY).reduce(|best, one| if one.1 > best.1 { one } else { best })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{checkpoint_of, measured};
    use super::*;
    use crate::scenario::weights::read_settings;
    use crate::survey::Measured;

    fn asked() -> WeightsScenario {
        WeightsScenario { settings: read_settings("int8,q4_k").unwrap(), ..WeightsScenario::default() }
    }

    fn desk(all: &[[f64; 2]]) -> Desk {
        let measured = (0..).zip(all.iter().map(|db| measured(db))).collect();
        Desk { measured, ..Desk::default() }
    }

    #[test]
    fn the_median_and_the_worst_are_of_all_tensors() {
        let checkpoint = checkpoint_of(&["a", "b", "c", "d"]);
        let desk = desk(&[[40.0, 20.0], [10.0, 30.0], [30.0, f64::INFINITY], [20.0, 10.0]]);
        let sums = settings(&asked(), &desk, &checkpoint);
        assert!((sums[0].median_sqnr_db.unwrap() - 25.0).abs() < 1e-9);
        let worst: Vec<&str> = sums[0].worst.iter().map(|worst| worst.tensor.as_str()).collect();
        assert_eq!(worst, ["b", "d", "c", "a"]);
        assert_eq!(sums[1].worst.len(), 3, "an exact one is not among the worst");
        assert_eq!((sums[0].parameters, sums[0].bytes, sums[0].bits_per_weight), (48, 400, Some(400.0 * 8.0 / 48.0)));
        // Pooled: the mean of the noise of tensors of equal signal.
        let noise = [40.0, 10.0, 30.0, 20.0f64].iter().map(|db| 10f64.powf(-db / 10.0)).sum::<f64>() / 4.0;
        assert!((sums[0].sqnr_db.unwrap() + 10.0 * noise.log10()).abs() < 1e-9);
        let told = takeaway(&sums, &desk, &checkpoint);
        assert_eq!(told, "Of all tensors, INT8 keeps at least 10 dB");
    }

    #[test]
    fn what_cannot_be_written_and_what_overflows_is_counted() {
        let checkpoint = checkpoint_of(&["a", "b"]);
        let mut desk = desk(&[[f64::NEG_INFINITY, 20.0]]);
        let refused = Measured { errors: vec![Err("no".into()), Err("no".into())], ..Measured::default() };
        desk.measured.insert(1, refused);
        let sums = settings(&asked(), &desk, &checkpoint);
        assert_eq!((sums[0].tensors, sums[0].refused, sums[0].overflowed), (1, 1, 1));
        assert_eq!((sums[0].sqnr_db, sums[0].worst[0].sqnr_db), (None, None));
        assert!(takeaway(&sums[..1], &desk, &checkpoint).ends_with("overflows in one at least"));
    }

    #[test]
    fn dtypes_are_summed_with_the_largest_first() {
        let mut checkpoint = checkpoint_of(&["a", "b", "c"]);
        checkpoint.tensors[1].dtype = crate::weights::dtype::Dtype::FP32;
        let sums = dtypes(&checkpoint);
        assert_eq!((sums[0].dtype.as_str(), sums[0].tensors, sums[0].bytes), ("BF16", 2, 48));
        assert_eq!(sums[1].tensors, 1);
    }
}
