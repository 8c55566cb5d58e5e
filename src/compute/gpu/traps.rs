//! What a device computes before it is used for a kind of format, beside the scalar path.

/// Columns of the trap values: rows that neither words nor blocks divide.
pub const COLS: usize = 61;

/// Rows of specials, ties, subnormals and overflow edges of the formats, and of values of every size between; half of them
/// without what is not finite, which makes all of a block so.
#[must_use]
pub fn values() -> Vec<f32> {
    let specials = [
        0.0,
        -0.0,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        1e-45,
        -1e-40,
        1.175_494_2e-38,
        5.9e-8,
        2.98e-8,
        6.103_515_6e-5,
        6.097_555e-5,
        1.0,
        1.001_953_1,
        1.005_859_4,
        65_504.0,
        65_519.9,
        65_520.0,
        -70_000.0,
        0.1,
        3.0,
        1.0 / 3.0,
        -2.5,
        3.5,
        127.5,
        0.5,
        1e-3,
        -1e-7,
        240.0,
        448.0,
        464.0,
        1e5,
    ];
    let mut state = 1u32;
    let finite_from = 4 * COLS;
    let bounded = |i: usize, x: f32| if i < finite_from || x.is_finite() { x } else { 1.5 };
    (0..8 * COLS)
        .map(|i| {
            if i % 64 < 32 {
                bounded(i, specials[(i % 64 + i / 64 * 8) % 32])
            } else {
                // A linear congruential generator (Numerical Recipes) is plenty for spreading test values.
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state as f32 / u32::MAX as f32 - 0.5) * 10f32.powi((i % 11) as i32 - 6)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::cpu;
    use crate::compute::gpu::layout;
    use crate::compute::gpu::shaders::Shader;
    use crate::formats::FORMATS;
    use crate::formats::mx::ScaleRule;
    use crate::quantize::Quantizer;

    #[test]
    fn no_format_leaves_the_traps_to_the_cpu() {
        let values = values();
        for format in FORMATS {
            for scale_rule in ScaleRule::ALL {
                let quantizer = Quantizer { scale_rule, ..Quantizer::new(format) };
                if Shader::of(&quantizer).is_none() {
                    continue;
                }
                let (plan, tally, _) = cpu::quantize(quantizer, values.len() / COLS, COLS, &values, |_| {}).unwrap();
                let [x, e] = [plan.value_unit, plan.error_unit].map(f64::from);
                let (x2, e2) = (tally.sums.x2 * x * x, tally.sums.e2 * e * e);
                assert!(layout::are_summed(&plan, tally.measured, tally.max_abs_error, x2, e2), "{}", format.id);
            }
        }
    }
}
