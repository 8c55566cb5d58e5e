//! The middle 80 % of what the runs behind the law of Besiroglu et al. allow, over all budgets.

use super::{dashed, series};
use crate::charts::{Role, Series};
use crate::scaling::DEFAULT_LAW;
use crate::scaling::bands::{Bands, Ensemble};
use crate::units::Flop;
use std::sync::OnceLock;

/// Budgets as powers of ten, closer where the ends of the band bend most: far from the runs they are almost straight on
/// logarithmic axes.
const BUDGETS: [f64; 12] = [12.0, 15.0, 18.0, 19.5, 21.0, 22.5, 24.0, 25.5, 27.0, 30.0, 33.0, 36.0];

/// The bands at all budgets. Made once: of thousands of draws each takes milliseconds.
fn bands() -> &'static [(Flop, Bands)] {
    static MADE: OnceLock<Vec<(Flop, Bands)>> = OnceLock::new();
    let at = |exponent| {
        let compute = Flop(libm::exp10(exponent));
        (compute, Ensemble::besiroglu().optimal(compute))
    };
    MADE.get_or_init(|| BUDGETS.map(at).to_vec())
}

/// Both ends of the band against compute, as dashed lines.
pub fn edges(ends: fn(&Bands) -> [f64; 2]) -> [Series; 2] {
    let line = |label, end: usize| {
        let points = bands().iter().map(|(compute, bands)| (compute.get(), ends(bands)[end]));
        dashed(series(label, points, Role::Ramp(150)))
    };
    [line("80 %, from", 0), line("80 %, to", 1)]
}

/// Whether the band is this law's.
pub fn is_of(law: &crate::scaling::Law) -> bool {
    law.id == DEFAULT_LAW
}
