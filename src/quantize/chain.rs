//! Several histograms of the same values from one count of each value.
//!
//! The bin of a value, its power of two (with its sign: of negative values the larger comes first) and its code, where one scale
//! is for all and rounding is to nearest, have something in common: none falls as the value grows. So along growing values
//! these three form a chain, each link of which has another sum. Counting the sums is enough: [`spread`] finds out
//! afterwards which link each was.

use super::histogram::{BINS, Edges, from_ordered_key, ordered_key};

/// No sum is as large.
pub const SUMS: usize = 1024;

/// A link of the chain: what the values have in common that are counted by one sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The bin of the value.
    pub bin: usize,
    /// The biased exponent in its bits: 0 of zeros and subnormals, up to 254.
    pub exponent: usize,
    /// Its code, counted from the smallest.
    pub code: usize,
}

/// What a value with this [`ordered_key`] is counted by: its bin, its power of two, which is the key's upper bits, and its
/// code, which is at most 255.
#[must_use]
pub const fn sum(key: u32, bin: usize, code: usize) -> usize {
    (key >> 23) as usize + bin + code
}

/// Calls `each(link, count)` for the links that were counted, of finite values in these bins, by the code of a value (or 0, where
/// codes are not counted).
pub fn spread(counts: &[u64; SUMS], edges: &Edges, code: impl Fn(f32) -> usize, mut each: impl FnMut(Link, u64)) {
    // −0 is as large as an edge at zero.
    let begin = |edge: f32| ordered_key(if edge == 0.0 { (-0f32).to_bits() } else { edge.to_bits() });
    let ends = edges.edges()[1..BINS].iter().map(|&edge| begin(edge)).chain([begin(f32::INFINITY)]);
    let mut from = begin(f32::MIN);
    for (bin, to) in ends.enumerate() {
        while from < to {
            // Bin and power are the same up to here, and the code grows by what the sum does.
            let end = to.min(((from >> 23) + 1) << 23);
            let (least, most) = (from_ordered_key(from), from_ordered_key(end - 1));
            let exponent = (least.to_bits() >> 23 & 0xff) as usize;
            for code in code(least)..=code(most) {
                let count = counts[sum(from, bin, code)];
                if count > 0 {
                    each(Link { bin, exponent, code }, count);
                }
            }
            from = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::format;
    use crate::quantize::{Element, Exponents, GRID_RULES, Grid, Plan, Quantizer, Range, Scheme};
    use proptest::prelude::*;
    use proptest::sample::select;

    /// The three histograms of some values, one by one: bins, codes and exponents.
    fn one_by_one(values: &[f32], edges: &Edges, code: impl Fn(f32) -> usize) -> (Vec<u64>, Vec<u64>, Exponents) {
        let (mut bins, mut codes) = (vec![0; BINS], vec![0; 256]);
        for &x in values {
            bins[edges.bin(x)] += 1;
            codes[code(x)] += 1;
        }
        (bins, codes, Exponents::of(values))
    }

    /// The same from a chain, but that all that is not normal counts as zero.
    fn by_chain(values: &[f32], edges: &Edges, code: impl Fn(f32) -> usize) -> (Vec<u64>, Vec<u64>, Exponents) {
        let mut counts = [0; SUMS];
        values.iter().for_each(|&x| counts[sum(ordered_key(x.to_bits()), edges.bin(x), code(x))] += 1);
        let (mut bins, mut codes, mut exponents) = (vec![0; BINS], vec![0; 256], Exponents::default());
        spread(&counts, edges, code, |link, count| {
            bins[link.bin] += count;
            codes[link.code] += count;
            match link.exponent {
                0 => exponents.count_zeros(count),
                field => exponents.count_normal(field, count),
            }
        });
        (bins, codes, exponents)
    }

    fn any_value() -> impl Strategy<Value = f32> {
        let odd = vec![0.0, -0.0, f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1.0, -1.0, 0.5, 0.25];
        prop_oneof![
            any::<u32>().prop_map(|bits| f32::from_bits(bits & !(1 << 30))),
            select(odd),
            -1f32..1.0,
            -1e-3f32..1e-3,
        ]
        .prop_map(|x| if x.is_normal() { x } else { 0.0 * x.signum() })
    }

    fn grid_of(quantizer: Quantizer, range: Range) -> Grid {
        let plan = Plan::new(quantizer, 1, 1, &[range]).unwrap();
        let Element::Integer(grids) = plan.element else { panic!("whole numbers") };
        grids[0]
    }

    proptest! {
        #[test]
        fn the_histograms_of_a_chain_are_those_of_the_values(
            values in prop::collection::vec(any_value(), 1..400),
            id in select(vec!["int8", "uint8", "int4", "int2"]),
            rule in select(GRID_RULES.iter().collect::<Vec<_>>()),
            affine: bool,
            part in select(vec![0.01, 0.5, 1.0]),
        ) {
            let scheme = if affine { Scheme::Affine } else { Scheme::Symmetric };
            let quantizer = Quantizer { scheme, rule, ..Quantizer::new(format(id).unwrap()) };
            let range = Range::of(&values);
            let grid = grid_of(quantizer, Range { min: part * range.min, max: part * range.max });
            let code = |x: f32| (grid.encode(x).0 - grid.min_code) as usize;
            let edges = Edges::new(range.min, range.max);
            prop_assert_eq!(by_chain(&values, &edges, code), one_by_one(&values, &edges, code));
            prop_assert_eq!(by_chain(&values, &edges, |_| 0), one_by_one(&values, &edges, |_| 0));
        }
    }

    #[test]
    fn no_sum_is_beyond_the_counts() {
        let key = |x: f32| ordered_key(x.to_bits());
        assert_eq!(sum(key(f32::MAX), BINS - 1, 255), SUMS - 4);
        assert_eq!(sum(key(f32::MIN), 0, 0), 1);
    }
}
