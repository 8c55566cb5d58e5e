//! How large the numbers of a tensor are, in powers of two, and what part of a float format's range that is.

use crate::formats::{Float, Rounding};
use serde::{Deserialize, Serialize};

/// The exponent that zeros are counted at, below that of the smallest f32, 2⁻¹⁴⁹.
pub const LOWEST: i32 = -150;
/// The exponent that infinities are counted at, above that of the largest f32.
pub const HIGHEST: i32 = 128;
/// Bins of the histogram.
pub const EXPONENTS: usize = (HIGHEST - LOWEST + 1) as usize;

/// Values by ⌊log₂|x|⌋. NaN are left out. Those of slices add up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exponents(Vec<u64>);

impl Default for Exponents {
    fn default() -> Self {
        Self(vec![0; EXPONENTS])
    }
}

impl Exponents {
    /// Counts some values.
    #[must_use]
    pub fn of(values: &[f32]) -> Self {
        // By biased exponent first, so that the loop has no branch; what is not normal is looked at again, if there is any.
        // Neighbours often have the same: each of four counts by itself, so that none waits for the one before.
        let mut of_four = [[0u64; 256]; 4];
        let (quads, rest) = values.as_chunks::<4>();
        for quad in quads {
            for (fields, x) in of_four.iter_mut().zip(quad) {
                fields[(x.to_bits() >> 23 & 0xff) as usize] += 1;
            }
        }
        for x in rest {
            of_four[0][(x.to_bits() >> 23 & 0xff) as usize] += 1;
        }
        let mut exponents = Self::default();
        for field in 1..255 {
            exponents.count_normal(field, of_four.iter().map(|fields| fields[field]).sum());
        }
        if of_four.iter().any(|fields| fields[0] + fields[255] > 0) {
            values.iter().filter(|x| !x.is_normal()).for_each(|&x| exponents.count(x));
        }
        exponents
    }

    /// Counts a value.
    #[inline]
    pub fn count(&mut self, x: f32) {
        let magnitude = x.abs().to_bits();
        let exponent = match magnitude {
            0 => LOWEST,
            0x7f80_0001.. => return,
            0x7f80_0000 => HIGHEST,
            0x0080_0000.. => (magnitude >> 23) as i32 - 127,
            _ => magnitude.ilog2() as i32 - 149,
        };
        self.0[(exponent - LOWEST) as usize] += 1;
    }

    /// Counts so many normal values by the biased exponent of their bits, 1 to 254.
    pub fn count_normal(&mut self, field: usize, n: u64) {
        self.0[(field as i32 - 127 - LOWEST) as usize] += n;
    }

    /// Counts so many zeros.
    pub fn count_zeros(&mut self, n: u64) {
        self.0[0] += n;
    }

    /// Adds those of another slice.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(&other.0) {
            *count += more;
        }
    }

    /// Values of each exponent from [`LOWEST`] to [`HIGHEST`].
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.0
    }
}

/// How many finite values lie where in the range of a float format, after they were divided by their scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zones {
    /// 0.
    pub zero: u64,
    /// Below the smallest normal value, where a number keeps fewer bits or becomes zero.
    pub subnormal: u64,
    /// With all bits of precision.
    pub normal: u64,
    /// So far beyond the largest value that it is not rounded to it.
    pub overflow: u64,
}

/// Where the zones of a float format begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZoneBorders {
    /// The smallest normal value; infinity if no value is normal.
    pub normal: f32,
    /// The smallest f32 that is not rounded to the largest value; infinity if all are.
    pub overflow: f32,
}

impl ZoneBorders {
    /// Those of a format.
    #[must_use]
    pub fn of(float: &Float) -> Self {
        let clips = |bits: u32| float.clips(f32::from_bits(bits).into(), Rounding::NearestEven);
        // From a number on all clip, up to the bits of infinity.
        let (mut low, mut high) = (0, 0x7f80_0000);
        while low < high {
            let middle = u32::midpoint(low, high);
            if clips(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Self { normal: float.min_normal().map_or(f32::INFINITY, |x| x as f32), overflow: f32::from_bits(high) }
    }
}

impl Zones {
    /// Counts a value that was finite before it was divided.
    pub fn count(&mut self, borders: ZoneBorders, y: f32) {
        let y = y.abs();
        let place = if y >= borders.overflow {
            &mut self.overflow
        } else if y >= borders.normal {
            &mut self.normal
        } else if y > 0.0 {
            &mut self.subnormal
        } else {
            &mut self.zero
        };
        *place += 1;
    }

    /// Adds those of another slice.
    pub const fn add(&mut self, other: &Self) {
        self.zero += other.zero;
        self.subnormal += other.subnormal;
        self.normal += other.normal;
        self.overflow += other.overflow;
    }

    /// The shares of subnormal, normal and overflowing values among those that are not zero, 0..=1; zeros if there are none.
    #[must_use]
    pub fn shares(&self) -> [f64; 3] {
        let n = (self.subnormal + self.normal + self.overflow).max(1) as f64;
        [self.subnormal, self.normal, self.overflow].map(|count| count as f64 / n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{FP16, Kind};

    #[test]
    fn every_f32_has_a_bin() {
        let values = [0.0, -0.0, 1e-45, -1.1e-38, 1.0, -1.99, 2.0, f32::MAX, f32::INFINITY, f32::NAN];
        let exponents = Exponents::of(&values);
        let at = |exponent: i32| exponents.counts()[(exponent - LOWEST) as usize];
        assert_eq!([-150, -149, -127, 0, 1, 127, 128].map(at), [2, 1, 1, 2, 1, 1, 1]);
        assert_eq!(exponents.counts().iter().sum::<u64>(), 9);
        let mut sum = Exponents::of(&values[..3]);
        sum.add(&Exponents::of(&values[3..]));
        assert_eq!(sum, exponents);
    }

    #[test]
    fn zones_are_those_of_the_format() {
        let Kind::Float(float) = FP16.kind else { panic!() };
        let mut zones = Zones::default();
        for y in [0.0, 1e-9, 6.1e-5, 6.103_515_6e-5, 65_519.0, 65_520.0, -1e30] {
            zones.count(ZoneBorders::of(&float), y);
        }
        assert_eq!(zones, Zones { zero: 1, subnormal: 2, normal: 2, overflow: 2 });
        assert_eq!(zones.shares(), [1.0 / 3.0; 3]);
        let borders = ZoneBorders::of(&float);
        assert_eq!((borders.normal, borders.overflow), (6.103_515_6e-5, 65_520.0));
    }
}
