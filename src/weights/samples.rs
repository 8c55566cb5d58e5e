//! Sample tensors: the same seed gives the same values on every machine, so that a link shows a whole class the same
//! data.
//!
//! Values are drawn in blocks of [`BLOCK`]; block *i* is stream *i* of ChaCha8 under the seed, so any slice can be made
//! without what stands before it. Draws are f64, rounded once to f32.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution as _, Exp1, StandardNormal, StandardUniform, StudentT};

/// Values drawn from one stream of the generator.
pub const BLOCK: usize = 1 << 14;

/// The standard deviation of samples unless said otherwise: that of a typical weight matrix.
pub const DEFAULT_STD: f64 = 0.02;

/// The shapes that weights and activations are known to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Distribution {
    /// Normal, as most weight matrices roughly are.
    #[default]
    Normal,
    /// Laplace: a sharper peak and heavier tails.
    Laplace,
    /// Student's t with 3 degrees of freedom: very heavy tails.
    StudentT,
    /// Normal, with one value in [`OUTLIER_EVERY`] made [`OUTLIER_FACTOR`] times larger: what activations look like.
    Outliers,
    /// Uniform: what a uniform quantizer likes best.
    Uniform,
}

/// On average one value in this many is an outlier.
pub const OUTLIER_EVERY: f64 = 1000.0;
/// How many times larger an outlier is.
pub const OUTLIER_FACTOR: f64 = 20.0;
const STUDENT_DEGREES: f64 = 3.0;

impl Distribution {
    /// Every distribution, in the order of menus.
    pub const ALL: [Self; 5] = [Self::Normal, Self::Laplace, Self::StudentT, Self::Outliers, Self::Uniform];

    /// Permanent id; stands in links.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Laplace => "laplace",
            Self::StudentT => "student-t",
            Self::Outliers => "outliers",
            Self::Uniform => "uniform",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Laplace => "Laplace",
            Self::StudentT => "Student-t (3 degrees of freedom)",
            Self::Outliers => "Normal with outliers",
            Self::Uniform => "Uniform",
        }
    }
}

/// A tensor that can be drawn again from this.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The shape of the distribution.
    pub distribution: Distribution,
    /// Seed of the generator.
    pub seed: u64,
    /// Standard deviation (of the normal part, for [`Distribution::Outliers`]). Student's t is scaled to it too.
    pub std: f64,
    /// Rows of the tensor.
    pub rows: usize,
    /// Columns of the tensor.
    pub cols: usize,
}

impl Sample {
    /// Values in the tensor.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows * self.cols
    }

    /// Whether the tensor holds no value.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Draws block `index` (values `index * BLOCK ..`) into `out`, which is at most [`BLOCK`] long.
    pub fn fill_block(&self, index: usize, out: &mut [f32]) {
        debug_assert!(out.len() <= BLOCK);
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(index as u64);
        let std = self.std;
        match self.distribution {
            Distribution::Normal => fill(out, || draw_normal(&mut rng) * std),
            Distribution::Laplace => {
                // The difference of two exponentials has standard deviation √2.
                let scale = std / core::f64::consts::SQRT_2;
                fill(out, || {
                    let (a, b): (f64, f64) = (Exp1.sample(&mut rng), Exp1.sample(&mut rng));
                    (a - b) * scale
                });
            }
            Distribution::StudentT => {
                // Variance of Student's t: ν / (ν − 2).
                let scale = std / libm::sqrt(STUDENT_DEGREES / (STUDENT_DEGREES - 2.0));
                let Ok(student) = StudentT::new(STUDENT_DEGREES) else { return };
                fill(out, || student.sample(&mut rng) * scale);
            }
            Distribution::Outliers => fill(out, || {
                let value = draw_normal(&mut rng) * std;
                let pick: f64 = StandardUniform.sample(&mut rng);
                if pick * OUTLIER_EVERY < 1.0 { value * OUTLIER_FACTOR } else { value }
            }),
            Distribution::Uniform => {
                let half_width = std * libm::sqrt(3.0);
                fill(out, || {
                    let unit: f64 = StandardUniform.sample(&mut rng);
                    (2.0 * unit - 1.0) * half_width
                });
            }
        }
    }

    /// The whole tensor, row by row. `progress` is told how many values are drawn.
    #[must_use]
    pub fn draw(&self, mut progress: impl FnMut(usize)) -> Vec<f32> {
        let mut values = vec![0.0; self.len()];
        for (index, block) in values.chunks_mut(BLOCK).enumerate() {
            self.fill_block(index, block);
            progress(index * BLOCK + block.len());
        }
        values
    }
}

fn draw_normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

fn fill(out: &mut [f32], mut draw: impl FnMut() -> f64) {
    for value in out {
        *value = draw() as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(distribution: Distribution) -> Sample {
        Sample { distribution, seed: 1, std: DEFAULT_STD, rows: 256, cols: 256 }
    }

    #[test]
    fn the_same_seed_gives_the_same_values_and_another_seed_others() {
        let first = sample(Distribution::Normal).draw(|_| {});
        assert_eq!(first, sample(Distribution::Normal).draw(|_| {}));
        assert_ne!(first, Sample { seed: 2, ..sample(Distribution::Normal) }.draw(|_| {}));
    }

    #[test]
    fn a_block_does_not_depend_on_the_blocks_before_it() {
        let whole = sample(Distribution::Laplace).draw(|_| {});
        let mut block = vec![0.0; BLOCK];
        sample(Distribution::Laplace).fill_block(2, &mut block);
        assert_eq!(block, whole[2 * BLOCK..3 * BLOCK]);
    }

    #[test]
    fn samples_have_mean_zero_and_the_standard_deviation_asked_for() {
        for distribution in [Distribution::Normal, Distribution::Laplace, Distribution::Uniform] {
            let values = sample(distribution).draw(|_| {});
            let n = values.len() as f64;
            let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
            let variance = values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / n;
            assert!(mean.abs() < 5.0 * DEFAULT_STD / n.sqrt(), "{distribution:?}: mean {mean}");
            assert!((variance.sqrt() / DEFAULT_STD - 1.0).abs() < 0.02, "{distribution:?}: std {}", variance.sqrt());
        }
    }

    #[test]
    fn outliers_are_rare_and_large() {
        let values = sample(Distribution::Outliers).draw(|_| {});
        let large = values.iter().filter(|x| x.abs() > 6.0 * DEFAULT_STD as f32).count();
        assert!((20..140).contains(&large), "{large} outliers in 65 536");
    }
}
