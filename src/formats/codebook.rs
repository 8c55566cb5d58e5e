//! Formats whose codes are places in a list of values, for numbers that were divided by the largest magnitude of their
//! block.
//!
//! A number becomes the nearest value of the list. The border between two neighbours is their midpoint, rounded to f32 as
//! bitsandbytes computes it, and a number on the border goes to the lower one.

/// A list of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Codebook {
    /// The value of each code.
    pub values: &'static [f32],
    /// The codes in ascending order of their values.
    pub ascending: &'static [u8],
}

impl Codebook {
    /// Bits of a code.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        self.values.len().ilog2()
    }

    /// The value of a code.
    #[must_use]
    pub const fn decode(&self, code: u32) -> f32 {
        self.values[code as usize % self.values.len()]
    }

    /// The border between the values at places `i` and `i + 1` of the ascending order.
    #[must_use]
    pub const fn border(&self, i: usize) -> f32 {
        let (low, high) = (self.ascending[i], self.ascending[i + 1]);
        (self.values[low as usize] + self.values[high as usize]) / 2.0
    }

    /// The lowest and the highest number that are rounded to the ends of the list: beyond them by half the last step.
    #[must_use]
    pub fn ends(&self) -> [f32; 2] {
        let at = |i: usize| self.values[self.ascending[i] as usize];
        let last = self.ascending.len() - 1;
        [at(0) - (at(1) - at(0)) / 2.0, at(last) + (at(last) - at(last - 1)) / 2.0]
    }

    /// The code of the value nearest to `x`; NaN becomes the code of the lowest, as no comparison with it holds.
    #[must_use]
    pub const fn encode(&self, x: f32) -> u32 {
        // The number of borders below x, by bisection.
        let (mut low, mut high) = (0, self.ascending.len() - 1);
        while low < high {
            let middle = usize::midpoint(low, high);
            if x > self.border(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.ascending[low] as u32
    }
}

/// NF4: quantiles of a normal distribution, one of them zero.
pub static NF4: Codebook = Codebook {
    values: &[
        -1.0,
        -0.696_192_8,
        -0.525_073_05,
        -0.394_917_5,
        -0.284_441_38,
        -0.184_773_43,
        -0.091_050_036,
        0.0,
        0.079_580_3,
        0.160_930_2,
        0.246_112_3,
        0.337_915_24,
        0.440_709_83,
        0.562_617,
        0.722_956_84,
        1.0,
    ],
    ascending: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
};

/// bitsandbytes' own FP4, which is not E2M1.
///
/// It has two codes for zero. By the rule of borders numbers just above zero take the second, and zero itself the first.
pub static BNB_FP4: Codebook = Codebook {
    values: &[
        0.0,
        0.005_208_333_3,
        0.666_666_7,
        1.0,
        0.333_333_34,
        0.5,
        0.166_666_67,
        0.25,
        0.0,
        -0.005_208_333_3,
        -0.666_666_7,
        -1.0,
        -0.333_333_34,
        -0.5,
        -0.166_666_67,
        -0.25,
    ],
    ascending: &[11, 10, 13, 12, 15, 14, 9, 0, 8, 1, 6, 7, 4, 5, 2, 3],
};

/// The table of ggml's IQ4_NL and IQ4_XS.
pub static IQ4_NL: Codebook = Codebook {
    values: &[-127.0, -104.0, -83.0, -65.0, -49.0, -35.0, -22.0, -10.0, 1.0, 13.0, 25.0, 38.0, 53.0, 69.0, 89.0, 113.0],
    ascending: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
};

/// The signed dynamic map of bitsandbytes' 8-bit optimizers: seven decades, each with twice as many values as the one
/// below it, so that small numbers keep their size and large ones their digits.
///
/// Decade i = 0 … 6 holds the midpoints of 2ⁱ equal parts of 0.1 … 1, times 10^(i−6), with both signs; then 0 and 1.
pub static DYNAMIC8: Codebook = Codebook { values: &DYNAMIC8_VALUES, ascending: &IN_ORDER };

const DYNAMIC8_VALUES: [f32; 256] = {
    const POWERS: [f32; 7] = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0];
    let mut values = [0.0; 256];
    let mut n = 0;
    while n < 127 {
        // The n-th magnitude is the j-th of decade i.
        let i = (n + 1usize).ilog2();
        let (parts, j) = (1 << i, n + 1 - (1 << i));
        let midpoint = (boundary(j, parts) + boundary(j + 1, parts)) / 2.0;
        let magnitude = POWERS[i as usize] * midpoint;
        values[128 + n] = magnitude;
        values[126 - n] = -magnitude;
        n += 1;
    }
    values[255] = 1.0;
    values
};

/// The j-th boundary of 0.1 … 1 cut into equal parts, as torch.linspace makes it: from the nearer end, in f32, product and
/// sum rounded once.
const fn boundary(j: usize, parts: usize) -> f32 {
    let step = (1.0 - 0.1f32) / parts as f32;
    if j < parts.div_ceil(2) {
        (0.1f32 as f64 + step as f64 * j as f64) as f32
    } else {
        (1.0 - step as f64 * (parts - j) as f64) as f32
    }
}

const IN_ORDER: [u8; 256] = {
    let mut order = [0; 256];
    let mut i = 0;
    while i < 256 {
        order[i] = i as u8;
        i += 1;
    }
    order
};
