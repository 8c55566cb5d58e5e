//! A tally on its way: what lanes have counted of a slice, until it is known what the counts are of.

use super::bins::{BinLanes, Sixteen, Ways};
use crate::quantize::{BINS, Grid, Plan, Tally, chain};

/// What is counted of a slice.
pub(super) struct Tallies<'a> {
    plan: &'a Plan,
    pub(super) tally: Tally,
    pub(super) value_bins: BinLanes<'a>,
    pub(super) error_bins: BinLanes<'a>,
    /// Values by the sums of a [`chain`], errors, and what values become where no code says it, that are not in the tally yet.
    pub(super) links: Ways<{ chain::SUMS }>,
    pub(super) errors: Ways<BINS>,
    pub(super) quantized: Ways<BINS>,
    /// Subnormal values among the links; their exponents are in the tally.
    subnormal: u64,
}

impl<'a> Tallies<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            tally: Tally::default(),
            value_bins: BinLanes::new(&plan.value_edges),
            error_bins: BinLanes::new(&plan.error_edges),
            links: Ways::default(),
            errors: Ways::default(),
            quantized: Ways::default(),
            subnormal: 0,
        }
    }

    /// Tells subnormal values from zeros: seldom there is one.
    #[cold]
    pub(super) fn count_subnormal(&mut self, values: &[Sixteen]) {
        for &x in values.as_flattened().as_flattened().iter().filter(|x| x.is_subnormal()) {
            self.tally.exponents.count(x);
            self.tally.subnormal += 1;
            self.subnormal += 1;
        }
    }

    /// The tally; of a chain that has the codes of a grid, with what they say.
    pub(super) fn finish(self, grid: Option<Grid>) -> Tally {
        let mut tally = self.tally;
        self.errors.add_to(&mut tally.error_counts);
        self.quantized.add_to(&mut tally.quantized_counts);
        let code = |x| grid.map_or(0, |grid| (grid.encode(x).0 - grid.min_code) as usize);
        let (mut zeros, mut codes) = (0, [0; BINS]);
        chain::spread(&self.links.counts(), &self.plan.value_edges, code, |link, count| {
            tally.reference_counts[link.bin] += count;
            codes[link.code] += count;
            match link.exponent {
                0 => zeros += count,
                field => tally.exponents.count_normal(field, count),
            }
        });
        zeros -= self.subnormal;
        tally.exponents.count_zeros(zeros);
        let Some(grid) = grid else { return tally };
        // What no value has may be infinite.
        for (code, count) in (grid.min_code..=grid.max_code).zip(codes).filter(|(_, count)| *count > 0) {
            let q = grid.decode(code);
            tally.quantized_counts[self.plan.value_edges.bin(q)] += count;
            tally.sums.q2 += count as f64 * f64::from(q) * f64::from(q);
            if q == 0.0 {
                tally.flushed += count - zeros;
            }
        }
        tally
    }
}
