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
}

/// Bins in fixed point, for lanes: x · `per_unit` + `offset`, each step rounded to f32, is 256 and the bin, and as far into it as
/// x is, a little up.
///
/// From 256 to 512 an f32 has [`Self::FRACTION_BITS`] bits behind the point. If those say `doubt` or more, those before it are
/// the bin; x may otherwise lie on either side of an edge. What is below 256 is in the first bin for certain, and what is not
/// below 512 in the last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FixedPoint {
    /// Bins per unit.
    pub per_unit: f32,
    /// What is added.
    pub offset: f32,
    /// Twice the most that is lost to rounding; [`Self::FRACTION`] and one if that is more than a bin.
    pub doubt: u32,
}

impl FixedPoint {
    /// Bits behind the point.
    pub const FRACTION_BITS: u32 = 15;
    /// All of them.
    pub const FRACTION: u32 = (1 << Self::FRACTION_BITS) - 1;
    /// The first bin, as bits before the point.
    pub const FIRST: u32 = 256f32.to_bits() >> Self::FRACTION_BITS;
}

impl Edges {
    /// Edges of [`BINS`] bins from `lo` to `hi`, both finite, `lo` ≤ `hi`.
    #[must_use]
    pub fn new(lo: f32, hi: f32) -> Self {
        Self::of_bins(lo, hi)
    }

    /// The bins in fixed point.
    #[must_use]
    pub fn fixed_point(&self) -> FixedPoint {
        let (lo, hi, per_unit) = (f64::from(self.lo()), f64::from(self.hi()), f64::from(self.per_unit));
        // In bins, each times half an f32's ε: x · per unit is rounded, every edge is, and the offset, which is at most 257
        // more than that; the sum is below 512, and bins per unit are rounded, for 256 bins. One step more, to be safe.
        let size = lo.abs().max(hi.abs()) * per_unit;
        let most_lost = (3.0 * size + 769.0) * f64::from(f32::EPSILON) / 2.0;
        let step = 1.0 / f64::from(FixedPoint::FRACTION + 1);
        let steps = libm::ceil(most_lost / step) + 1.0;
        let doubt = (2.0 * steps).min((FixedPoint::FRACTION + 1).into()) as u32;
        let offset = (256.0 - lo * per_unit + steps * step) as f32;
        FixedPoint { per_unit: self.per_unit, offset, doubt }
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
        Self { edges, per_unit: (1.0 / step) as f32 }
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

    /// The bin in fixed point, unless it is in doubt.
    fn certain_bin(edges: &Edges, x: f32) -> Option<usize> {
        let FixedPoint { per_unit, offset, doubt } = edges.fixed_point();
        let bits = (x * per_unit + offset).to_bits();
        let before_point = (bits as i32 >> FixedPoint::FRACTION_BITS).max(0) as u32;
        let bin = before_point.saturating_sub(FixedPoint::FIRST).min(BINS as u32 - 1);
        (bits & FixedPoint::FRACTION >= doubt).then_some(bin as usize)
    }

    #[test]
    fn few_bins_are_in_doubt_where_the_range_is_around_zero() {
        let edges = Edges::new(-0.1, 0.1);
        let values = (-50_000..=50_000).map(|i| i as f32 * 2e-6);
        let in_doubt = values.filter(|&x| certain_bin(&edges, x).is_none()).count();
        assert!(in_doubt < 100, "{in_doubt} of 100 001");
        assert_eq!(Edges::new(1e6, 1_000_000.1).fixed_point().doubt, 1 << 15, "all of them");
    }

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
        fn a_bin_in_fixed_point_is_right_or_in_doubt(
            lo in prop_oneof![-1e30f32..1e30, -1f32..1.0, -1e-38f32..1e-38], exponent in -24f32..4.0,
            t in prop::collection::vec(prop_oneof![-0.1f32..1.1, -1e9f32..1e9], 99),
        ) {
            let edges = Edges::new(lo, lo + exponent.exp2() * lo.abs());
            let inside = t.into_iter().map(|t| lo + (edges.hi() - edges.lo()) * t);
            let at_edges = edges.edges().iter().flat_map(|&edge| [edge.next_down(), edge, edge.next_up()]);
            for x in inside.chain(at_edges).chain([0.0, -0.0, f32::MAX, f32::MIN]) {
                let Some(bin) = certain_bin(&edges, x) else { continue };
                prop_assert_eq!(edges.bin(x), bin, "{} of {} to {}", x, edges.lo(), edges.hi());
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
