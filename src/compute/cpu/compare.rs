//! Every format on one tensor.

use super::errors;
use crate::quantize::compare::{Row, mark_front, settings};
use crate::quantize::{Error, Quantizer};
use std::ops::ControlFlow;

/// The row of one format; a caller that must not hold up others does these one at a time, and marks the front itself.
///
/// # Errors
/// As [`super::quantize`].
pub fn compare_one(quantizer: Quantizer, rows: usize, cols: usize, values: &[f32]) -> Result<Row, Error> {
    let (plan, tally) = errors(quantizer, rows, cols, values)?;
    Ok(Row::new(&plan, &tally))
}

/// The rows of all formats, in the order of the table. `each` is told every row as soon as it is there and the share that is
/// done, 0..=1, and may end it; the front is then that of the rows so far.
///
/// # Errors
/// As [`super::quantize`]: for values that are no tensor.
pub fn compare(
    rows: usize,
    cols: usize,
    values: &[f32],
    mut each: impl FnMut(&Row, f64) -> ControlFlow<()>,
) -> Result<Vec<Row>, Error> {
    let all: Vec<Quantizer> = settings().collect();
    let mut done = Vec::with_capacity(all.len());
    for &quantizer in &all {
        let row = compare_one(quantizer, rows, cols, values)?;
        let share = (done.len() + 1) as f64 / all.len() as f64;
        let flow = each(&row, share);
        done.push(row);
        if flow.is_break() {
            break;
        }
    }
    mark_front(&mut done);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantize::compare::{DB_PER_BIT, crest, uniform_db};

    /// Sums of twelve uniform numbers: nearly normal, with no outlier.
    fn values() -> Vec<f32> {
        let mut state = 7u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        (0..64 * 256).map(|_| 0.02 * (0..12).map(|_| uniform()).sum::<f32>()).collect()
    }

    #[test]
    fn what_is_measured_is_what_theory_says() {
        let values = values();
        let rows = compare(64, 256, &values, |_, _| ControlFlow::Continue(())).unwrap();
        let of = |id: &str| rows.iter().find(|row| row.format == id).unwrap();
        let crest = crest(&values).unwrap();
        // As many steps as codes of each sign: 254 for eight bits, 14 for four.
        for (id, bits) in [("int8", 254f64.log2()), ("int4", 14f64.log2())] {
            let (measured, expected) = (of(id).sqnr_db.unwrap(), uniform_db(bits, crest));
            assert!((measured - expected).abs() < 0.3, "{id}: {measured} dB, {expected} dB");
        }
        for row in rows.iter().filter(|row| row.overflowed == 0 && row.format != "fp32") {
            assert!(row.decibels() < DB_PER_BIT * row.bits_per_weight, "{row:?} is beyond Shannon's bound");
        }
        assert!(of("fp32").is_on_front && of("q4_k").is_on_front && !of("int4").is_on_front);
        assert!(of("e8m0fnu").overflowed > 0 && !of("e8m0fnu").is_on_front);
    }

    #[test]
    fn rows_are_told_one_by_one_and_a_comparison_can_be_ended() {
        let mut seen = Vec::new();
        let rows = compare(1, 300, &values()[..300], |row, share| {
            seen.push((row.format.clone(), share));
            if seen.len() == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let rows = rows.unwrap();
        assert_eq!((rows.len(), seen.len()), (5, 5));
        assert!(seen.is_sorted_by(|a, b| a.1 < b.1) && rows.iter().any(|row| row.is_on_front));
        assert_eq!(compare(0, 0, &[], |_, _| ControlFlow::Continue(())).unwrap_err(), Error::Empty);
    }
}
