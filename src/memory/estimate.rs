//! Adding up the parts.

use super::report::{Part, PartKind, Report};
use super::training::{ACTIVATION_BYTES_PER_PARAM, ACTIVATION_SOURCE};
use super::{Error, Input, Task, Training};
use crate::source::Source;
use crate::units::{Bytes, Params};

/// The most parameters that are worked out: 10¹⁸, a million times the largest model yet. Beyond it a number is a typing
/// error and not a plan.
pub const MAX_PARAMS: Params = Params(1e18);

/// The memory of `params` parameters at `bytes_per_param` each: `P × bytes`.
#[must_use]
pub fn weights_bytes(params: Params, bytes_per_param: f64) -> Bytes {
    Bytes(params.get() * bytes_per_param)
}

/// Works out what `input` needs.
///
/// # Errors
///
/// If the number of parameters or the activations are out of range, or the format is one that is not trained.
pub fn estimate(input: &Input) -> Result<Report, Error> {
    let params = checked(input.params)?;
    let part = |kind, bytes_per_param, source: Source| Part {
        kind,
        bytes: weights_bytes(params, bytes_per_param),
        bytes_per_param,
        source,
    };
    let (parts, assumptions) = match input.task {
        Task::Run => (
            vec![part(PartKind::Weights, input.precision.bytes_per_weight, input.precision.source)],
            vec![
                "Weights only: the KV cache, activations and the GPU's own overhead (0.3 to 2 GiB) come on top.",
                "Every weight is kept in this format; quantization scales are not counted.",
            ],
        ),
        Task::Train { optimizer, activation_bytes_per_param } => {
            let recipe = match input.precision.training {
                Training::Recipe(recipe) => recipe,
                Training::Refused { reason } => {
                    return Err(Error::NotTrainable { precision: input.precision.name, reason });
                }
            };
            // `contains` is false for NaN, so that is refused here as well.
            if !ACTIVATION_BYTES_PER_PARAM.contains(&activation_bytes_per_param) {
                return Err(Error::ActivationsOutOfRange {
                    value: activation_bytes_per_param,
                    min: *ACTIVATION_BYTES_PER_PARAM.start(),
                    max: *ACTIVATION_BYTES_PER_PARAM.end(),
                });
            }
            (
                vec![
                    part(PartKind::Weights, recipe.weight_bytes, recipe.source),
                    part(PartKind::Gradients, recipe.gradient_bytes, recipe.source),
                    part(
                        PartKind::Optimizer,
                        recipe.master_bytes + optimizer.state_bytes_per_param(),
                        optimizer.source,
                    ),
                    part(PartKind::Activations, activation_bytes_per_param, ACTIVATION_SOURCE),
                ],
                vec![
                    "All parameters are trained, on one GPU and without offloading.",
                    "Activations grow with batch and length; this figure stands for one of each.",
                    "The GPU's own overhead (0.3 to 2 GiB) comes on top.",
                ],
            )
        }
    };
    let assumptions = assumptions
        .into_iter()
        .chain(["The number of GPUs assumes that every part is split evenly among them."])
        .collect();
    Ok(Report { input: *input, parts, assumptions })
}

fn checked(params: Params) -> Result<Params, Error> {
    let value = params.get();
    if !value.is_finite() {
        Err(Error::ParamsNotFinite)
    } else if value < 1.0 {
        Err(Error::TooFewParams(value))
    } else if params > MAX_PARAMS {
        Err(Error::TooManyParams { value, limit: MAX_PARAMS.get() })
    } else {
        Ok(params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{DEFAULT_GPU, GPUS, gpu};
    use crate::memory::{PRECISIONS, Verdict, precision};
    use proptest::prelude::*;

    fn input(params: f64, format: &str, task: Task) -> Input {
        Input { params: Params(params), precision: precision(format).unwrap(), task, gpu: gpu(DEFAULT_GPU).unwrap() }
    }

    fn bytes_per_param(format: &str, task: Task) -> Vec<f64> {
        estimate(&input(1e9, format, task)).unwrap().parts.iter().map(|part| part.bytes_per_param).collect()
    }

    #[test]
    fn one_billion_fp32_params_are_4_gb() {
        let report = estimate(&input(1e9, "fp32", Task::Run)).unwrap();
        assert_eq!(report.total(), Bytes(4e9));
        assert_eq!(report.total().to_string(), "4 GB");
    }

    #[test]
    fn running_takes_4_2_2_and_1_bytes_per_param() {
        let widths: Vec<_> = PRECISIONS.iter().map(|row| (row.id, bytes_per_param(row.id, Task::Run)[0])).collect();
        assert_eq!(widths, [("fp32", 4.0), ("bf16", 2.0), ("fp16", 2.0), ("int8", 1.0)]);
    }

    #[test]
    fn adam_in_fp32_is_16_bytes_per_param() {
        assert_eq!(bytes_per_param("fp32", Task::train(0.0)), [4.0, 4.0, 8.0, 0.0]);
    }

    #[test]
    fn adamw_mixed_precision_is_16_bytes_per_param() {
        assert_eq!(bytes_per_param("bf16", Task::train(0.0)), [2.0, 2.0, 12.0, 0.0]);
        assert_eq!(bytes_per_param("fp16", Task::train(0.0)), [2.0, 2.0, 12.0, 0.0]);
    }

    #[test]
    fn training_one_billion_fp32_params_takes_16_to_24_gb_which_is_4_to_6_times_the_weights() {
        for (activations, total, times) in [(0.0, 16e9, 4.0), (8.0, 24e9, 6.0)] {
            let report = estimate(&input(1e9, "fp32", Task::train(activations))).unwrap();
            assert_eq!(report.total(), Bytes(total));
            assert_eq!(report.times_fp32_weights(), times);
        }
    }

    #[test]
    fn int8_training_is_refused_with_a_sentence() {
        let error = estimate(&input(1e9, "int8", Task::train(0.0))).unwrap_err();
        assert!(matches!(error, Error::NotTrainable { precision: "INT8", .. }));
        assert!(error.to_string().starts_with("INT8 training is not offered: "));
    }

    #[test]
    fn seven_billion_fp32_params_train_on_two_a100s() {
        let report = estimate(&input(7e9, "fp32", Task::train(8.0))).unwrap();
        assert_eq!((report.verdict(), report.gpus_needed()), (Verdict::Over, 2));
    }

    #[test]
    fn bad_params_are_errors() {
        let error = |params| estimate(&input(params, "fp32", Task::Run)).unwrap_err();
        assert_eq!(error(f64::NAN), Error::ParamsNotFinite);
        assert_eq!(error(f64::INFINITY), Error::ParamsNotFinite);
        assert_eq!(error(-7e9), Error::TooFewParams(-7e9));
        assert_eq!(error(0.0), Error::TooFewParams(0.0));
        assert_eq!(error(0.5), Error::TooFewParams(0.5));
        assert_eq!(error(1e30), Error::TooManyParams { value: 1e30, limit: 1e18 });
    }

    #[test]
    fn activations_outside_the_slider_are_errors() {
        for activations in [-0.1, 8.1, f64::NAN, f64::INFINITY] {
            let error = estimate(&input(1e9, "fp32", Task::train(activations))).unwrap_err();
            assert!(matches!(error, Error::ActivationsOutOfRange { .. }), "{activations}");
        }
    }

    fn any_input() -> impl Strategy<Value = Input> {
        (0.0..18.0f64, 0..PRECISIONS.len(), 0..GPUS.len(), proptest::option::of(0.0..=8.0f64)).prop_map(
            |(exponent, format, gpu, activations)| Input {
                params: Params(libm::pow(10.0, exponent)),
                precision: &PRECISIONS[format],
                task: activations.map_or(Task::Run, Task::train),
                gpu: &GPUS[gpu],
            },
        )
    }

    proptest! {
        #[test]
        fn more_params_never_need_less(input in any_input(), factor in 1.0..1e3f64) {
            let more = Input { params: input.params * factor, ..input };
            if let (Ok(less), Ok(more)) = (estimate(&input), estimate(&more)) {
                prop_assert!(more.total() >= less.total());
                prop_assert!(more.gpus_needed() >= less.gpus_needed());
            }
        }

        #[test]
        fn the_gpus_needed_hold_the_total_and_one_fewer_does_not(input in any_input()) {
            if let Ok(report) = estimate(&input) {
                let (gpus, gpu) = (report.gpus_needed() as f64, report.gpu_bytes().get());
                prop_assert!(gpus * gpu >= report.total().get());
                prop_assert!(gpus == 1.0 || (gpus - 1.0) * gpu < report.total().get());
                prop_assert_eq!(report.fits(), gpus == 1.0);
            }
        }

        #[test]
        fn no_report_holds_a_number_that_is_not_finite(
            params in proptest::num::f64::ANY, activations in proptest::num::f64::ANY,
        ) {
            for task in [Task::Run, Task::train(activations)] {
                if let Ok(report) = estimate(&input(params, "fp32", task)) {
                    prop_assert!(report.total().get().is_finite() && report.total().get() > 0.0);
                }
            }
        }
    }
}
