//! What quantization cost: counts, sums and the figures derived from them.

use super::codes::CodeFacts;
use super::exponents::{Exponents, HIGHEST, LOWEST, Zones};
use super::histogram::BINS;
use super::{Element, Error, Granularity, Plan};
use crate::formats::{Block, Kind, Layout};
use serde::Serialize;

/// Sums over the values that were measured (finite before and after), x the reference, q the quantized value, e = q − x.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    /// Σ e
    pub e: f64,
    /// Σ |e|
    pub abs_e: f64,
    /// Σ e²
    pub e2: f64,
    /// Σ x²
    pub x2: f64,
    /// Σ q²
    pub q2: f64,
    /// Σ x·q
    pub xq: f64,
}

/// The least sum of squares, in [`Plan`]'s units, that f32 arithmetic is trusted with. Terms below 2⁻¹²⁶ may be flushed to
/// zero, and 2²⁶ of them are 2⁻¹⁰⁰: beside 2⁻⁷⁶ that is 6·10⁻⁸. A smaller sum of values that are not all zero is made by
/// the scalar path instead.
pub const LEAST_SUM: f64 = 1.0 / (1u128 << 76) as f64;

/// Counts and sums of a slice. Tallies add: the tally of a tensor is the sum of the tallies of any slicing of it.
///
/// Counts, histograms and the largest error are equal on every backend. Sums are f32 within a block of 1024 values and
/// f64 across blocks on the fast backends, and agree with the scalar one's f64 to 10⁻⁶: relative for the sums of
/// squares and magnitudes, and relative to Σ|e| for Σe.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// Values that were measured: finite, and finite after quantization.
    pub measured: u64,
    /// NaN among the inputs.
    pub nan: u64,
    /// +∞ and −∞ among the inputs.
    pub infinite: u64,
    /// Subnormal f32 among the inputs (0 < |x| < 2⁻¹²⁶).
    pub subnormal: u64,
    /// Finite inputs beyond the format's range: clamped to its end, or turned into infinity.
    pub clipped: u64,
    /// Finite inputs that overflowed to infinity, a part of `clipped`; the sums leave them out.
    pub overflowed: u64,
    /// Nonzero finite inputs that became zero.
    pub flushed: u64,
    /// Sums over the measured values.
    pub sums: Sums,
    /// max |e|, exact.
    pub max_abs_error: f32,
    /// Finite inputs in each bin of [`Plan::value_edges`].
    pub reference_counts: Vec<u64>,
    /// Measured quantized values in each bin of [`Plan::value_edges`].
    pub quantized_counts: Vec<u64>,
    /// Measured errors in each bin of [`Plan::error_edges`].
    pub error_counts: Vec<u64>,
    /// How large the inputs are.
    pub exponents: Exponents,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            measured: 0,
            nan: 0,
            infinite: 0,
            subnormal: 0,
            clipped: 0,
            overflowed: 0,
            flushed: 0,
            sums: Sums::default(),
            max_abs_error: 0.0,
            reference_counts: vec![0; BINS],
            quantized_counts: vec![0; BINS],
            error_counts: vec![0; BINS],
            exponents: Exponents::default(),
        }
    }
}

impl Tally {
    /// Adds the tally of another slice of the same tensor.
    pub fn add(&mut self, other: &Self) {
        self.measured += other.measured;
        self.nan += other.nan;
        self.infinite += other.infinite;
        self.subnormal += other.subnormal;
        self.clipped += other.clipped;
        self.overflowed += other.overflowed;
        self.flushed += other.flushed;
        self.sums.e += other.sums.e;
        self.sums.abs_e += other.sums.abs_e;
        self.sums.e2 += other.sums.e2;
        self.sums.x2 += other.sums.x2;
        self.sums.q2 += other.sums.q2;
        self.sums.xq += other.sums.xq;
        self.max_abs_error = self.max_abs_error.max(other.max_abs_error);
        for (mine, theirs) in [
            (&mut self.reference_counts, &other.reference_counts),
            (&mut self.quantized_counts, &other.quantized_counts),
            (&mut self.error_counts, &other.error_counts),
        ] {
            for (count, more) in mine.iter_mut().zip(theirs) {
                *count += more;
            }
        }
        self.exponents.add(&other.exponents);
    }
}

/// A histogram as it travels: edges are [`super::Edges::new`]`(lo, hi)`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, serde::Deserialize)]
pub struct Counts {
    /// Lowest edge.
    pub lo: f64,
    /// Highest edge.
    pub hi: f64,
    /// Values in each bin.
    pub counts: Vec<u64>,
}

/// How many scales there are, and how large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// How many.
    pub count: u64,
    /// The smallest magnitude; +∞ without scales. NaN is passed over.
    pub min: f32,
    /// The largest magnitude; 0 without scales.
    pub max: f32,
}

impl Default for Scales {
    fn default() -> Self {
        Self { count: 0, min: f32::INFINITY, max: 0.0 }
    }
}

impl Scales {
    /// Counts a scale.
    pub fn count(&mut self, scale: f32) {
        self.add(&Self { count: 1, min: scale.abs(), max: scale.abs() });
    }

    /// Adds those of another slice.
    pub fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

/// What is found out about a tensor after its two passes, and is no part of their time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// Where the inputs lie in the range of the format's floats, divided by their scales; nothing for other formats.
    pub zones: Option<Zones>,
    /// The scales that blocks bring: of ggml's types the d of each block.
    pub block_scales: Scales,
    /// 50th, 99th and 99.9th percentile of |e| over the measured values.
    pub abs_error_percentiles: [f64; 3],
    /// [`super::output::OutputError`] for the activation that was asked about; nothing without one.
    pub output_error: Option<f64>,
}

/// The figures of one quantized tensor. Field names are those of the page's JSON report.
///
/// With x the reference, q the quantized value, e = q − x over the n measured values: MSE = Σe²/n, RMSE = √MSE,
/// MAE = Σ|e|/n, bias = Σe/n, SQNR = 10·log₁₀(Σx²/Σe²) dB, cosine = Σxq/√(Σx²·Σq²), relative error = √(Σe²/Σx²) =
/// ‖Q − X‖/‖X‖ in the Frobenius norm. SQNR is not accuracy: how much a model minds an error depends on where it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, serde::Deserialize)]
pub struct Report {
    /// Id of the format.
    pub format: String,
    /// Values in the tensor.
    pub n: u64,
    /// Rows of the tensor.
    pub rows: u64,
    /// Columns of the tensor.
    pub cols: u64,
    /// Bytes of the tensor in FP32.
    pub bytes_before: u64,
    /// Bytes of the codes with their scales and zero points.
    pub bytes_after: u64,
    /// Bits per value, scales included.
    pub bits_per_weight: f64,
    /// The tensor's scale, of NVFP4 beside those of its blocks; nothing without one and for scales of parts of the tensor.
    pub scale: Option<f64>,
    /// The tensor's zero point; nothing without one and for scales of parts of the tensor.
    pub zero_point: Option<i32>,
    /// How many scales groups or blocks have: of ggml's types one a block, its d; of NVFP4 without the tensor's.
    pub scales: u64,
    /// Smallest of them, in magnitude.
    pub scale_min: Option<f64>,
    /// Largest of them, in magnitude.
    pub scale_max: Option<f64>,
    /// Columns of outliers that are kept in FP16; `bytes_after` counts them.
    pub kept_columns: u64,
    /// Zeros that fill up the last block of each row; `bytes_after` counts them, and nothing else does.
    pub padded: u64,
    /// Smallest finite input.
    pub min: f64,
    /// Largest finite input.
    pub max: f64,
    /// Mean squared error.
    pub mse: f64,
    /// Root of the mean squared error.
    pub rmse: f64,
    /// Mean absolute error.
    pub mae: f64,
    /// Largest absolute error.
    pub max_abs_error: f64,
    /// Mean error.
    pub bias: f64,
    /// Signal to quantization noise ratio in dB; nothing if there is no error or no signal.
    pub sqnr_db: Option<f64>,
    /// Cosine of the angle between reference and quantized tensor; nothing if either is zero.
    pub cosine: Option<f64>,
    /// ‖Q − X‖/‖X‖; nothing if there is no signal.
    pub relative_error: Option<f64>,
    /// ‖(Q − X)·a‖/‖X·a‖ for the activation a: how far the output of the layer moves; nothing if that is zero.
    pub output_error: Option<f64>,
    /// Median of |e|, between two values in proportion as `numpy.percentile`.
    pub abs_error_p50: f64,
    /// 99th percentile of |e|.
    pub abs_error_p99: f64,
    /// 99.9th percentile of |e|.
    pub abs_error_p999: f64,
    /// How many codes occur; nothing for formats of more than 16 bits. Codes are those of values, without scales.
    pub used_codes: Option<u64>,
    /// −Σ p·log₂ p over the codes that occur, in bits a code.
    pub code_entropy: Option<f64>,
    /// Finite inputs beyond the format's range. Of ggml's types, whose searches give up some values for the others, only
    /// those that became infinite.
    pub clipped: u64,
    /// The part of `clipped` that became infinite; error figures leave them out.
    pub overflowed: u64,
    /// Nonzero inputs that became zero.
    pub flushed: u64,
    /// NaN and infinities among the inputs; error figures leave them out.
    pub nonfinite: u64,
    /// The NaN among them.
    pub nan: u64,
    /// Subnormal inputs.
    pub subnormal: u64,
    /// SHA-256 of the codes in order, one or two little-endian bytes each, as hexadecimal.
    pub codes_sha256: String,
    /// Histogram of the finite inputs.
    pub reference: Counts,
    /// Histogram of the quantized values, on the same edges.
    pub quantized: Counts,
    /// Histogram of the errors.
    pub error: Counts,
    /// Inputs by ⌊log₂|x|⌋, a bin each from −150, where zeros are counted, to 128, where infinities are.
    pub exponents: Counts,
    /// Finite inputs in the zones of the format's range, divided by their scales: for floats with or without scale, and
    /// for MX and NVFP4 blocks of floats.
    pub zones: Option<Zones>,
    /// The shares of subnormal, normal and overflowing values among those of them that are not zero.
    pub zone_shares: Option<[f64; 3]>,
}

impl Report {
    /// Whether no finite number stayed finite, so that the error figures are of nothing.
    #[must_use]
    pub const fn is_all_overflow(&self) -> bool {
        self.overflowed > 0 && self.overflowed + self.nonfinite == self.n
    }

    /// Derives the figures from the whole tensor's tally, facts of its codes and details.
    ///
    /// # Errors
    /// [`Error::NothingFinite`] if no value could be measured.
    pub fn new(plan: &Plan, tally: &Tally, codes: CodeFacts, details: &Details) -> Result<Self, Error> {
        let n = plan.len() as u64;
        if tally.measured == 0 && tally.overflowed == 0 {
            return Err(Error::NothingFinite { n, nan: tally.nan, infinite: tally.infinite });
        }
        let measured = (tally.measured as f64).max(1.0);
        let Sums { e, abs_e, e2, x2, q2, xq } = tally.sums;
        let bytes_after = plan.packed_bytes();
        let mut scales = details.block_scales;
        if plan.quantizer.has_scale() {
            plan.element.scales().for_each(|scale| scales.count(scale));
        }
        let is_one = plan.quantizer.has_scale() && plan.quantizer.granularity == Granularity::Tensor;
        let scale = match plan.element {
            Element::Nvfp4(tensor_scale) => match plan.quantizer.format.kind {
                Kind::Block(Block { layout: Layout::Nvfp4 { two_level: true }, .. }) => Some(tensor_scale),
                _ => None,
            },
            _ => plan.element.scales().next().filter(|_| is_one),
        };
        let zero_point = match &plan.element {
            Element::Integer(grids) => grids.first().filter(|_| is_one).map(|grid| grid.zero_point),
            _ => None,
        };
        let [abs_error_p50, abs_error_p99, abs_error_p999] = details.abs_error_percentiles;
        let counts = |edges: &super::Edges, counts: &[u64]| Counts {
            lo: edges.lo().into(),
            hi: edges.hi().into(),
            counts: counts.to_vec(),
        };
        Ok(Self {
            format: plan.quantizer.format.id.to_owned(),
            n,
            rows: plan.rows as u64,
            cols: plan.cols as u64,
            bytes_before: 4 * n,
            bytes_after,
            bits_per_weight: 8.0 * bytes_after as f64 / n as f64,
            scale: scale.map(f64::from),
            zero_point,
            scales: scales.count,
            scale_min: (scales.min <= scales.max).then_some(scales.min.into()),
            scale_max: (scales.min <= scales.max).then_some(scales.max.into()),
            kept_columns: plan.kept_columns() as u64,
            padded: plan.padded(),
            min: plan.range.min.into(),
            max: plan.range.max.into(),
            mse: e2 / measured,
            rmse: libm::sqrt(e2 / measured),
            mae: abs_e / measured,
            max_abs_error: tally.max_abs_error.into(),
            bias: e / measured,
            sqnr_db: (e2 > 0.0 && x2 > 0.0).then(|| 10.0 * libm::log10(x2 / e2)),
            cosine: (x2 > 0.0 && q2 > 0.0).then(|| (xq / libm::sqrt(x2) / libm::sqrt(q2)).clamp(-1.0, 1.0)),
            relative_error: (x2 > 0.0).then(|| libm::sqrt(e2 / x2)),
            output_error: details.output_error,
            abs_error_p50,
            abs_error_p99,
            abs_error_p999,
            used_codes: codes.used,
            code_entropy: codes.entropy,
            clipped: tally.clipped,
            overflowed: tally.overflowed,
            flushed: tally.flushed,
            nonfinite: tally.nan + tally.infinite,
            nan: tally.nan,
            subnormal: tally.subnormal,
            codes_sha256: codes.sha256,
            reference: counts(&plan.value_edges, &tally.reference_counts),
            quantized: counts(&plan.value_edges, &tally.quantized_counts),
            error: counts(&plan.error_edges, &tally.error_counts),
            exponents: Counts {
                lo: LOWEST.into(),
                hi: (HIGHEST + 1).into(),
                counts: tally.exponents.counts().to_vec(),
            },
            zones: details.zones,
            zone_shares: details.zones.map(|zones| zones.shares()),
        })
    }
}
