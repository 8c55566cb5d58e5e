//! The range of the numbers of a group, from which [`super::grid`] takes their scale.

/// The smallest and largest finite value of a group, and nothing (`min > max`) for a group without finite values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Smallest finite value; +∞ if there is none.
    pub min: f32,
    /// Largest finite value; −∞ if there is none.
    pub max: f32,
}

impl Range {
    /// The range of no values.
    pub const NOTHING: Self = Self { min: f32::INFINITY, max: f32::NEG_INFINITY };

    /// Whether the group has no finite value.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.min > self.max
    }

    /// The range of both groups together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }

    /// The range of some values; NaN and infinities are passed over.
    #[must_use]
    pub fn of(values: &[f32]) -> Self {
        values
            .iter()
            .filter(|x| x.is_finite())
            .fold(Self::NOTHING, |range, &x| Self { min: range.min.min(x), max: range.max.max(x) })
    }

    /// Largest magnitude, 0 if there is no value.
    #[must_use]
    pub fn amax(&self) -> f32 {
        if self.is_nothing() { 0.0 } else { self.max.abs().max(self.min.abs()) }
    }

    /// The ends of the range, stretched so that zero lies in it; zeros if there is nothing.
    #[must_use]
    pub fn with_zero(&self) -> (f32, f32) {
        if self.is_nothing() { (0.0, 0.0) } else { (self.min.min(0.0), self.max.max(0.0)) }
    }
}
