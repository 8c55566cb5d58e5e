//! Histogram edges that give every backend the same counts.

/// Bins of the histograms of a report.
pub const BINS: usize = 256;

/// Equal bins from the lowest to the highest edge.
///
/// As `numpy.histogram`: edges are `linspace` in f64, rounded to f32; a value's bin is the last edge ≤ value, and the
/// last bin is closed. `lo == hi` is widened by ½ on each side. Values beyond the ends count in the end bins: a
/// quantized value may round half a step past the largest of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Edges<const N: usize = BINS> {
    edges: Vec<f32>,
    /// Bins per unit, for the first guess.
    per_unit: f32,
    /// How far from a whole number (x − lo) · `per_unit` must be to be in its bin for certain.
    margin: f32,
}

impl Edges {
    /// Edges of [`BINS`] bins from `lo` to `hi`, both finite, `lo` ≤ `hi`.
    #[must_use]
    pub fn new(lo: f32, hi: f32) -> Self {
        Self::of_bins(lo, hi)
    }
}

impl<const N: usize> Edges<N> {
    /// Edges of N bins from `lo` to `hi`, both finite, `lo` ≤ `hi`.
    #[must_use]
    pub fn of_bins(lo: f32, hi: f32) -> Self {
        let (mut lo, mut hi) = (f64::from(lo), f64::from(hi));
        if lo == hi {
            (lo, hi) = (lo - 0.5, hi + 0.5);
        }
        let step = (hi - lo) / N as f64;
        let mut edges: Vec<f32> = (0..N).map(|i| (i as f64 * step + lo) as f32).collect();
        edges.push(hi as f32);
        // Zero has one sign among the edges, so that comparing bits and comparing values is the same.
        for edge in &mut edges {
            *edge += 0.0;
        }
        let per_unit = (1.0 / step) as f32;
        // Every edge is rounded once, and so are lo, the difference, the factor and the product; doubled to be safe.
        let size = lo.abs().max(hi.abs()) / step;
        let margin = (2.0 * (2.0 * size + 3.0 * N as f64) * f64::from(f32::EPSILON) / 2.0) as f32;
        Self { edges, per_unit, margin }
    }

    /// What the first guess of a bin is made by, (x − lo) · per unit, and how far from a whole number it must be to be right.
    #[must_use]
    pub fn guess(&self) -> [f32; 3] {
        [self.edges[0], self.per_unit, self.margin]
    }

    /// The N + 1 edges, ascending.
    #[must_use]
    pub fn edges(&self) -> &[f32] {
        &self.edges
    }

    /// Lowest edge.
    #[must_use]
    pub fn lo(&self) -> f32 {
        self.edges[0]
    }

    /// Highest edge.
    #[must_use]
    pub fn hi(&self) -> f32 {
        self.edges[N]
    }

    /// The bin of a finite value: the definition.
    #[must_use]
    pub fn bin(&self, x: f32) -> usize {
        self.edges[..N].partition_point(|&edge| edge <= x).max(1) - 1
    }

    /// The same as [`Self::bin`], from a guess that is put right by comparing: a few operations instead of a search.
    #[must_use]
    #[inline(always)]
    pub fn bin_from_guess(&self, x: f32) -> usize {
        // `as` saturates and turns NaN (0 · ∞ for a sub-tiny step) into 0, so any guess is a bin.
        let mut bin = (((x - self.edges[0]) * self.per_unit) as usize).min(N - 1);
        while bin > 0 && x < self.edges[bin] {
            bin -= 1;
        }
        while bin + 1 < N && x >= self.edges[bin + 1] {
            bin += 1;
        }
        bin
    }
}

/// Maps f32 bits to integers in the order of the values (−0 just below +0). NaN has no place in it.
#[must_use]
pub const fn ordered_key(bits: u32) -> u32 {
    if bits >> 31 == 1 { !bits } else { bits | 0x8000_0000 }
}

/// The inverse of [`ordered_key`].
#[must_use]
pub const fn from_ordered_key(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 { key & 0x7fff_ffff } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edges_and_bins_are_numpys() {
        let edges = Edges::new(0.0, 256.0);
        assert_eq!((edges.bin(0.0), edges.bin(0.999), edges.bin(1.0), edges.bin(256.0)), (0, 0, 1, 255));
        assert_eq!((edges.bin(-3.0), edges.bin(1e9)), (0, 255), "beyond the ends counts at the ends");
        assert_eq!((Edges::new(2.0, 2.0).lo(), Edges::new(2.0, 2.0).hi()), (1.5, 2.5));
    }

    proptest! {
        #[test]
        fn the_guess_ends_in_the_same_bin(lo in -1e30f32..1e30, width in 0f32..1e30, t in -0.1f32..1.1) {
            let edges = Edges::new(lo, lo + width);
            let x = lo + width * t;
            prop_assert_eq!(edges.bin(x), edges.bin_from_guess(x));
        }

        #[test]
        fn a_guess_away_from_whole_numbers_is_right(
            lo in prop_oneof![-1e30f32..1e30, -1f32..1.0], exponent in -24f32..2.0,
            t in prop::collection::vec(-0.1f32..1.1, 99),
        ) {
            let edges = Edges::new(lo, lo + exponent.exp2() * lo.abs());
            let [from, per_unit, margin] = edges.guess();
            for t in t {
                let x = lo + (edges.hi() - edges.lo()) * t;
                let guess = (x - from) * per_unit;
                let part = guess - guess.floor();
                if (0.0..BINS as f32).contains(&guess) && part > margin && part < 1.0 - margin {
                    prop_assert_eq!(edges.bin(x), guess as usize);
                }
            }
        }

        #[test]
        fn every_edge_opens_its_bin(lo in -1f32..1.0, width in 1e-6f32..1.0) {
            let edges = Edges::new(lo, lo + width);
            for &x in edges.edges() {
                prop_assert_eq!(edges.bin(x), edges.bin_from_guess(x));
            }
        }

        #[test]
        fn keys_are_in_the_order_of_the_values(a: f32, b: f32) {
            prop_assume!(!a.is_nan() && !b.is_nan() && a != b);
            prop_assert_eq!(a < b, ordered_key(a.to_bits()) < ordered_key(b.to_bits()));
            prop_assert_eq!(from_ordered_key(ordered_key(a.to_bits())).to_bits(), a.to_bits());
        }
    }
}
