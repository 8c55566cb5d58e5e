//! Whose rule? Where the standards leave a choice, libraries choose differently, and no tool shows it.
//!
//! Adding one: write a row. A rule is named by its library; the first row, the default, is what the standards say, and
//! where they leave it open what most converters do.

use super::exponent::Below;
use super::rounding::{Conversion, NanRule, Overflow, Rounding};
use super::{Format, Kind};
use crate::source::{Source, in_engine};

/// One library's way to convert an f32 to a scalar format.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// Permanent id; stands in links.
    pub id: &'static str,
    /// What people call it, with the version that was run.
    pub name: &'static str,
    /// What is peculiar to it.
    pub note: &'static str,
    /// What it does beyond the largest value of a format.
    overflow: fn(&Format) -> Overflow,
    /// What it makes of NaN.
    nan: fn(&Format) -> NanRule,
    /// What it makes of NaN in a format that has none.
    pub without_nan: WithoutNan,
    /// What it makes of numbers that an exponent-only format lacks.
    pub below: Below,
    /// Whether it has a format.
    pub has: fn(&Format) -> bool,
    /// Where that can be read, or what was run.
    pub source: Source,
}

/// What becomes of NaN where there is no NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutNan {
    /// There is no code: an outcome of its own.
    NoCode,
    /// Zero with the opposite sign.
    NegatedZero,
}

impl Library {
    /// How it converts to a float format with this rounding.
    #[must_use]
    pub fn conversion(&self, format: &Format, rounding: Rounding) -> Conversion {
        Conversion { rounding, overflow: (self.overflow)(format), nan: (self.nan)(format) }
    }
}

/// Infinity where the format has one; else the largest value.
fn infinity_or_saturate(format: &Format) -> Overflow {
    match format.kind {
        Kind::Float(float) if float.infinity_code().is_some() => Overflow::Special,
        _ => Overflow::Saturate,
    }
}

fn is_ocp_or_fnuz_fp8(format: &Format) -> bool {
    ["e4m3fn", "e5m2", "e4m3fnuz", "e5m2fnuz"].contains(&format.id)
}

fn is_float(format: &Format) -> bool {
    matches!(format.kind, Kind::Float(_))
}

/// Every rule; the first is the default.
pub static LIBRARIES: &[Library] = &[
    Library {
        id: "standard",
        name: "The standards",
        note: in_engine(
            "Beyond the largest value: infinity where the format has one (IEEE 754), else the largest value. No NaN in a format that has none.",
        ),
        overflow: infinity_or_saturate,
        nan: |_| NanRule::Quiet,
        without_nan: WithoutNan::NoCode,
        below: Below::Nan,
        has: |format| matches!(format.kind, Kind::Float(_) | Kind::Exponent(_)),
        source: Source::in_engine(
            "IEEE 754-2019 §7.4; OCP 8-bit Floating Point Specification 1.0, §5.2; OCP Microscaling Formats 1.0",
            "https://www.opencompute.org/documents/ocp-8-bit-floating-point-specification-ofp8-revision-1-0-2023-12-01-pdf-1",
            "2026-11-23",
        ),
    },
    Library {
        id: "ml_dtypes",
        name: "ml_dtypes 0.6 (JAX, TensorFlow)",
        note: in_engine(
            "E4M3FN has no infinity, so what is beyond 448 becomes NaN. FP6 and FP4 saturate, and make NaN a zero of the opposite sign.",
        ),
        overflow: |_| Overflow::Special,
        nan: |_| NanRule::Quiet,
        without_nan: WithoutNan::NegatedZero,
        below: Below::Nan,
        has: |format| !format.id.starts_with("p3109") && !["fp32", "tf32", "fp16"].contains(&format.id),
        source: Source::in_engine(
            "ml_dtypes 0.6.0, run on the golden inputs",
            "https://github.com/jax-ml/ml_dtypes",
            "2026-11-23",
        ),
    },
    Library {
        id: "torch",
        name: "PyTorch 2.15",
        note: in_engine(
            "E4M3FN saturates, infinities too; E5M2 goes to infinity. NaN is all ones, for BF16 with the sign. E8M0 ignores the sign and takes zero for its smallest value.",
        ),
        overflow: |format| if format.id == "e4m3fn" { Overflow::Saturate } else { Overflow::Special },
        nan: |format| match format.id {
            "bf16" => NanRule::AllOnesNegative,
            "fp16" => NanRule::Payload,
            _ => NanRule::AllOnes,
        },
        without_nan: WithoutNan::NoCode,
        below: Below::Magnitude,
        has: |format| is_ocp_or_fnuz_fp8(format) || ["bf16", "fp16", "e8m0fnu"].contains(&format.id),
        source: Source::in_engine(
            "torch 2.15.0, eager .to() on a CPU, run on the golden inputs",
            "https://github.com/pytorch/pytorch",
            "2026-11-23",
        ),
    },
    Library {
        id: "gfloat",
        name: "gfloat 0.5, saturating",
        note: in_engine(
            "Everything beyond the largest value becomes it, infinities too. NaN is all ones with the sign.",
        ),
        overflow: |_| Overflow::Saturate,
        nan: |_| NanRule::AllOnesNegative,
        without_nan: WithoutNan::NoCode,
        below: Below::Nan,
        has: is_float,
        source: Source::in_engine(
            "gfloat 0.5.2, run on the golden inputs",
            "https://github.com/graphcore-research/gfloat",
            "2026-11-23",
        ),
    },
    Library {
        id: "onnx",
        name: "ONNX Cast",
        note: in_engine(
            "Saturates by default (attribute saturate = 1), infinities too. From its documentation, not run.",
        ),
        overflow: |format| if is_ocp_or_fnuz_fp8(format) { Overflow::Saturate } else { infinity_or_saturate(format) },
        nan: |_| NanRule::AllOnes,
        without_nan: WithoutNan::NoCode,
        below: Below::Nan,
        has: |format| is_ocp_or_fnuz_fp8(format) || ["bf16", "fp16"].contains(&format.id),
        source: Source::in_engine(
            "ONNX operator Cast, table of float 8 conversions",
            "https://onnx.ai/onnx/operators/onnx__Cast.html",
            "2026-11-23",
        ),
    },
    Library {
        id: "ggml",
        name: "ggml (llama.cpp)",
        note: in_engine("BF16: NaN keeps its payload, made quiet."),
        overflow: |_| Overflow::Special,
        nan: |_| NanRule::Payload,
        without_nan: WithoutNan::NoCode,
        below: Below::Nan,
        has: |format| ["bf16", "fp16"].contains(&format.id),
        source: Source::in_engine(
            "gguf 0.19.0, run on the golden inputs; ggml-impl.h",
            "https://github.com/ggml-org/ggml/blob/master/src/ggml-impl.h",
            "2026-11-23",
        ),
    },
];

/// The rule with this id.
#[must_use]
pub fn library(id: &str) -> Option<&'static Library> {
    LIBRARIES.iter().find(|row| row.id == id)
}
