//! The table of number formats.
//!
//! Adding one: write a row here; facts, menus, kernels and tests follow. A whole row:
//!
//! ```
//! use bitbudget::formats::{Family, Float, Format, Kind};
//! use bitbudget::source::Source;
//!
//! let bf16 = Format {
//!     id: "bf16",
//!     name: "BF16",
//!     family: Family::Float,
//!     kind: Kind::Float(Float::ieee(8, 7)),
//!     note: "FP32’s range with 8 bits of precision; made at Google Brain for training.",
//!     source: Source {
//!         title: "BFLOAT16 hardware numerics definition, Intel, 2018",
//!         url: "https://www.intel.com/content/dam/develop/external/us/en/documents/bf16-hardware-numerics-definition-white-paper.pdf",
//!         as_of: "2026-11-23",
//!     },
//! };
//! assert_eq!(bf16.bits(), 16);
//! ```

use super::codebook;
use super::float::{Float, Specials};
use super::mx;
use super::{Block, Exponent, Family, Format, Integer, Kind, Layout};
use crate::source::{Source, in_engine};

const IEEE_754_SOURCE: Source = Source::in_engine(
    "IEEE 754-2019, Standard for Floating-Point Arithmetic",
    "https://standards.ieee.org/ieee/754/6210/",
    "2026-11-23",
);
const OFP8_SOURCE: Source = Source::in_engine(
    "OCP 8-bit Floating Point Specification (OFP8) 1.0, 2023",
    "https://www.opencompute.org/documents/ocp-8-bit-floating-point-specification-ofp8-revision-1-0-2023-12-01-pdf-1",
    "2026-11-23",
);
const MX_SOURCE: Source = Source::in_engine(
    "OCP Microscaling Formats (MX) Specification 1.0, 2023",
    "https://www.opencompute.org/documents/ocp-microscaling-formats-mx-v1-0-spec-final-pdf",
    "2026-11-23",
);
const NOUNE_SOURCE: Source = Source::in_engine(
    "Noune et al. 2022, 8-bit Numerical Formats for Deep Neural Networks",
    "https://arxiv.org/abs/2206.02915",
    "2026-11-23",
);
const ML_DTYPES_SOURCE: Source =
    Source::in_engine("ml_dtypes, float8.h", "https://github.com/jax-ml/ml_dtypes", "2026-11-23");
const P3109_SOURCE: Source = Source::in_engine(
    "IEEE P3109, Interim Report on Binary Floating-point Formats for Machine Learning",
    "https://github.com/P3109/Public",
    "2026-11-23",
);
const JACOB_SOURCE: Source = Source::in_engine(
    "Jacob et al. 2018, Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
    "https://arxiv.org/abs/1712.05877",
    "2026-11-23",
);
const QLORA_SOURCE: Source = Source::in_engine(
    "Dettmers et al. 2023, QLoRA: Efficient Finetuning of Quantized LLMs",
    "https://arxiv.org/abs/2305.14314",
    "2026-11-23",
);
const BNB_SOURCE: Source = Source::in_engine(
    "bitsandbytes, functional.py",
    "https://github.com/bitsandbytes-foundation/bitsandbytes/blob/main/bitsandbytes/functional.py",
    "2026-11-23",
);
const DYNAMIC_SOURCE: Source = Source::in_engine(
    "Dettmers et al. 2022, 8-bit Optimizers via Block-wise Quantization",
    "https://arxiv.org/abs/2110.02861",
    "2026-11-23",
);
const NVFP4_SOURCE: Source = Source::in_engine(
    "NVIDIA 2025, Introducing NVFP4 for Efficient and Accurate Low-Precision Inference",
    "https://developer.nvidia.com/blog/introducing-nvfp4-for-efficient-and-accurate-low-precision-inference/",
    "2026-11-23",
);
const GGML_SOURCE: Source = Source::in_engine(
    "ggml, ggml-common.h and ggml-quants.c",
    "https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c",
    "2026-11-23",
);
const TF32_SOURCE: Source = Source::in_engine(
    "NVIDIA A100 Tensor Core GPU Architecture, 2020",
    "https://images.nvidia.com/aem-dam/en-zz/Solutions/data-center/nvidia-ampere-architecture-whitepaper.pdf",
    "2026-11-23",
);
const BF16_SOURCE: Source = Source::in_engine(
    "BFLOAT16 hardware numerics definition, Intel, 2018",
    "https://www.intel.com/content/dam/develop/external/us/en/documents/bf16-hardware-numerics-definition-white-paper.pdf",
    "2026-11-23",
);

/// A signed format of IEEE P3109: K bits, of which P are precision (the hidden one included), bias 2^(K−P−1).
const fn p3109(bits: u32, precision: u32, specials: Specials) -> Float {
    let exponent_bits = bits - precision;
    Float { bias: 1 << (exponent_bits - 1), specials, ..Float::ieee(exponent_bits, precision - 1) }
}

/// Full precision: 4 bytes a number, about 7 decimal digits.
pub static FP32: Format = Format {
    id: "fp32",
    name: "FP32",
    family: Family::Float,
    kind: Kind::Float(Float::ieee(8, 23)),
    note: in_engine("Full precision: 4 bytes a number, about 7 decimal digits."),
    source: IEEE_754_SOURCE,
};

/// What NVIDIA tensor cores read of an FP32 number: its range with FP16’s precision. 19 bits that are stored in 32.
pub static TF32: Format = Format {
    id: "tf32",
    name: "TF32",
    family: Family::Float,
    kind: Kind::Float(Float::ieee(8, 10)),
    note: in_engine(
        "What NVIDIA tensor cores read of an FP32 number: its range with FP16’s precision. 19 bits that are stored in 32.",
    ),
    source: TF32_SOURCE,
};

/// FP32’s range with 8 bits of precision; made at Google Brain for training.
pub static BF16: Format = Format {
    id: "bf16",
    name: "BF16",
    family: Family::Float,
    kind: Kind::Float(Float::ieee(8, 7)),
    note: in_engine("FP32’s range with 8 bits of precision; made at Google Brain for training."),
    source: BF16_SOURCE,
};

/// Half precision: 11 bits of precision, but nothing above 65 504.
pub static FP16: Format = Format {
    id: "fp16",
    name: "FP16",
    family: Family::Float,
    kind: Kind::Float(Float::ieee(5, 10)),
    note: in_engine("Half precision: 11 bits of precision, but nothing above 65\u{202f}504."),
    source: IEEE_754_SOURCE,
};

/// For weights and activations: up to 448, one NaN, no infinity.
pub static E4M3FN: Format = Format {
    id: "e4m3fn",
    name: "FP8 E4M3",
    family: Family::Fp8,
    kind: Kind::Float(mx::E4M3FN),
    note: in_engine("For weights and activations: up to 448, one NaN, no infinity."),
    source: OFP8_SOURCE,
};

/// For gradients: FP16’s range with 3 bits of precision.
pub static E5M2: Format = Format {
    id: "e5m2",
    name: "FP8 E5M2",
    family: Family::Fp8,
    kind: Kind::Float(mx::E5M2),
    note: in_engine("For gradients: FP16’s range with 3 bits of precision."),
    source: OFP8_SOURCE,
};

/// Graphcore’s and AMD’s (MI300) E4M3: no −0, whose code is the only NaN.
pub static E4M3FNUZ: Format = Format {
    id: "e4m3fnuz",
    name: "FP8 E4M3FNUZ",
    family: Family::Fp8,
    kind: Kind::Float(Float { bias: 8, specials: Specials::NanForNegativeZero, ..Float::ieee(4, 3) }),
    note: in_engine("Graphcore’s and AMD’s (MI300) E4M3: no −0, whose code is the only NaN."),
    source: NOUNE_SOURCE,
};

/// Graphcore’s and AMD’s (MI300) E5M2: no −0, whose code is the only NaN.
pub static E5M2FNUZ: Format = Format {
    id: "e5m2fnuz",
    name: "FP8 E5M2FNUZ",
    family: Family::Fp8,
    kind: Kind::Float(Float { bias: 16, specials: Specials::NanForNegativeZero, ..Float::ieee(5, 2) }),
    note: in_engine("Graphcore’s and AMD’s (MI300) E5M2: no −0, whose code is the only NaN."),
    source: NOUNE_SOURCE,
};

/// E4M3 with its range moved down, to at most 30.
pub static E4M3B11FNUZ: Format = Format {
    id: "e4m3b11fnuz",
    name: "FP8 E4M3B11FNUZ",
    family: Family::Fp8,
    kind: Kind::Float(Float { bias: 11, specials: Specials::NanForNegativeZero, ..Float::ieee(4, 3) }),
    note: in_engine("E4M3 with its range moved down, to at most 30."),
    source: ML_DTYPES_SOURCE,
};

/// E4M3 as IEEE 754 would have it, with infinities: up to 240.
pub static E4M3: Format = Format {
    id: "e4m3",
    name: "FP8 E4M3 (IEEE)",
    family: Family::Fp8,
    kind: Kind::Float(Float::ieee(4, 3)),
    note: in_engine("E4M3 as IEEE 754 would have it, with infinities: up to 240."),
    source: ML_DTYPES_SOURCE,
};

/// More precision, less range: up to 15.5.
pub static E3M4: Format = Format {
    id: "e3m4",
    name: "FP8 E3M4",
    family: Family::Fp8,
    kind: Kind::Float(Float::ieee(3, 4)),
    note: in_engine("More precision, less range: up to 15.5."),
    source: ML_DTYPES_SOURCE,
};

/// 8 bits, 3 of precision, signed, with infinities; of the standard in the making.
pub static P3109_K8P3SE: Format = Format {
    id: "p3109_k8p3se",
    name: "P3109 K8P3SE",
    family: Family::P3109,
    kind: Kind::Float(p3109(8, 3, Specials::NanForNegativeZeroTopInfinity)),
    note: in_engine("8 bits, 3 of precision, signed, with infinities; of the standard in the making."),
    source: P3109_SOURCE,
};

/// 8 bits, 4 of precision, signed, with infinities; of the standard in the making.
pub static P3109_K8P4SE: Format = Format {
    id: "p3109_k8p4se",
    name: "P3109 K8P4SE",
    family: Family::P3109,
    kind: Kind::Float(p3109(8, 4, Specials::NanForNegativeZeroTopInfinity)),
    note: in_engine("8 bits, 4 of precision, signed, with infinities; of the standard in the making."),
    source: P3109_SOURCE,
};

/// 8 bits, 5 of precision, signed, with infinities; of the standard in the making.
pub static P3109_K8P5SE: Format = Format {
    id: "p3109_k8p5se",
    name: "P3109 K8P5SE",
    family: Family::P3109,
    kind: Kind::Float(p3109(8, 5, Specials::NanForNegativeZeroTopInfinity)),
    note: in_engine("8 bits, 5 of precision, signed, with infinities; of the standard in the making."),
    source: P3109_SOURCE,
};

/// 8 bits, 3 of precision, signed, without infinities; of the standard in the making.
pub static P3109_K8P3SF: Format = Format {
    id: "p3109_k8p3sf",
    name: "P3109 K8P3SF",
    family: Family::P3109,
    kind: Kind::Float(p3109(8, 3, Specials::NanForNegativeZero)),
    note: in_engine("8 bits, 3 of precision, signed, without infinities; of the standard in the making."),
    source: P3109_SOURCE,
};

/// 8 bits, 4 of precision, signed, without infinities; of the standard in the making.
pub static P3109_K8P4SF: Format = Format {
    id: "p3109_k8p4sf",
    name: "P3109 K8P4SF",
    family: Family::P3109,
    kind: Kind::Float(p3109(8, 4, Specials::NanForNegativeZero)),
    note: in_engine("8 bits, 4 of precision, signed, without infinities; of the standard in the making."),
    source: P3109_SOURCE,
};

/// 6 bits, 3 of precision, signed, without infinities; of the standard in the making.
pub static P3109_K6P3SF: Format = Format {
    id: "p3109_k6p3sf",
    name: "P3109 K6P3SF",
    family: Family::P3109,
    kind: Kind::Float(p3109(6, 3, Specials::NanForNegativeZero)),
    note: in_engine("6 bits, 3 of precision, signed, without infinities; of the standard in the making."),
    source: P3109_SOURCE,
};

/// 6 bits, 4 of precision, signed, without infinities; of the standard in the making.
pub static P3109_K6P4SF: Format = Format {
    id: "p3109_k6p4sf",
    name: "P3109 K6P4SF",
    family: Family::P3109,
    kind: Kind::Float(p3109(6, 4, Specials::NanForNegativeZero)),
    note: in_engine("6 bits, 4 of precision, signed, without infinities; of the standard in the making."),
    source: P3109_SOURCE,
};

/// 4 bits, 2 of precision, signed, without infinities; of the standard in the making.
pub static P3109_K4P2SF: Format = Format {
    id: "p3109_k4p2sf",
    name: "P3109 K4P2SF",
    family: Family::P3109,
    kind: Kind::Float(p3109(4, 2, Specials::NanForNegativeZero)),
    note: in_engine("4 bits, 2 of precision, signed, without infinities; of the standard in the making."),
    source: P3109_SOURCE,
};

/// Six bits with the wider range, up to 28. Every code is a number.
pub static E3M2FN: Format = Format {
    id: "e3m2fn",
    name: "FP6 E3M2",
    family: Family::Fp6,
    kind: Kind::Float(mx::E3M2),
    note: in_engine("Six bits with the wider range, up to 28. Every code is a number."),
    source: MX_SOURCE,
};

/// Six bits with the finer steps, up to 7.5. Every code is a number.
pub static E2M3FN: Format = Format {
    id: "e2m3fn",
    name: "FP6 E2M3",
    family: Family::Fp6,
    kind: Kind::Float(mx::E2M3),
    note: in_engine("Six bits with the finer steps, up to 7.5. Every code is a number."),
    source: MX_SOURCE,
};

/// 0, ½, 1, 1½, 2, 3, 4 and 6, with both signs; useful with a scale for each block.
pub static E2M1FN: Format = Format {
    id: "e2m1fn",
    name: "FP4 E2M1",
    family: Family::Fp6,
    kind: Kind::Float(mx::E2M1),
    note: in_engine("0, ½, 1, 1½, 2, 3, 4 and 6, with both signs; useful with a scale for each block."),
    source: MX_SOURCE,
};

/// Powers of two, for the scales of MX blocks: no sign, no zero.
pub static E8M0FNU: Format = Format {
    id: "e8m0fnu",
    name: "E8M0",
    family: Family::Fp6,
    kind: Kind::Exponent(Exponent { bits: 8, bias: 127 }),
    note: in_engine("Powers of two, for the scales of MX blocks: no sign, no zero."),
    source: MX_SOURCE,
};

/// Whole numbers of one byte; a scale taken from the range of the data gives them meaning.
pub static INT8: Format = Format {
    id: "int8",
    name: "INT8",
    family: Family::Integer,
    kind: Kind::Integer(Integer { bits: 8, signed: true }),
    note: in_engine("Whole numbers of one byte; a scale taken from the range of the data gives them meaning."),
    source: JACOB_SOURCE,
};

/// Whole numbers from 0 to 255, with a zero point between them.
pub static UINT8: Format = Format {
    id: "uint8",
    name: "UINT8",
    family: Family::Integer,
    kind: Kind::Integer(Integer { bits: 8, signed: false }),
    note: in_engine("Whole numbers from 0 to 255, with a zero point between them."),
    source: JACOB_SOURCE,
};

/// 16 whole numbers: half a byte, with a scale for each group of weights.
pub static INT4: Format = Format {
    id: "int4",
    name: "INT4",
    family: Family::Integer,
    kind: Kind::Integer(Integer { bits: 4, signed: true }),
    note: in_engine("16 whole numbers: half a byte, with a scale for each group of weights."),
    source: JACOB_SOURCE,
};

/// 0 to 15 with a zero point: what AWQ and GPTQ store.
pub static UINT4: Format = Format {
    id: "uint4",
    name: "UINT4",
    family: Family::Integer,
    kind: Kind::Integer(Integer { bits: 4, signed: false }),
    note: in_engine("0 to 15 with a zero point: what AWQ and GPTQ store."),
    source: JACOB_SOURCE,
};

/// Four whole numbers.
pub static INT2: Format = Format {
    id: "int2",
    name: "INT2",
    family: Family::Integer,
    kind: Kind::Integer(Integer { bits: 2, signed: true }),
    note: in_engine("Four whole numbers."),
    source: JACOB_SOURCE,
};

/// 16 quantiles of a normal distribution, as weights are spread; times the largest magnitude of a block.
pub static NF4: Format = Format {
    id: "nf4",
    name: "NF4",
    family: Family::Codebook,
    kind: Kind::Codebook(&codebook::NF4),
    note: in_engine(
        "16 quantiles of a normal distribution, as weights are spread; times the largest magnitude of a block.",
    ),
    source: QLORA_SOURCE,
};

/// bitsandbytes’ own 4-bit float, which is not E2M1; times the largest magnitude of a block.
pub static BNB_FP4: Format = Format {
    id: "bnb_fp4",
    name: "FP4 (bitsandbytes)",
    family: Family::Codebook,
    kind: Kind::Codebook(&codebook::BNB_FP4),
    note: in_engine("bitsandbytes’ own 4-bit float, which is not E2M1; times the largest magnitude of a block."),
    source: BNB_SOURCE,
};

/// Seven decades, the finest steps near 1: for the states of 8-bit optimizers.
pub static DYNAMIC8: Format = Format {
    id: "dynamic8",
    name: "Dynamic 8-bit",
    family: Family::Codebook,
    kind: Kind::Codebook(&codebook::DYNAMIC8),
    note: in_engine("Seven decades, the finest steps near 1: for the states of 8-bit optimizers."),
    source: DYNAMIC_SOURCE,
};

/// The 16 whole numbers behind ggml’s IQ4_NL and IQ4_XS, finer near zero.
pub static IQ4_NL_TABLE: Format = Format {
    id: "iq4_nl_table",
    name: "IQ4_NL’s table",
    family: Family::Codebook,
    kind: Kind::Codebook(&codebook::IQ4_NL),
    note: in_engine("The 16 whole numbers behind ggml’s IQ4_NL and IQ4_XS, finer near zero."),
    source: GGML_SOURCE,
};

/// E4M3 with a power of two for 32 of them.
pub static MXFP8_E4M3: Format = Format {
    id: "mxfp8_e4m3",
    name: "MXFP8 E4M3",
    family: Family::Mx,
    kind: Kind::Block(Block { size: 32, bytes: 33, layout: Layout::Mx(mx::Element::Float(mx::E4M3FN)) }),
    note: in_engine("E4M3 with a power of two for 32 of them."),
    source: MX_SOURCE,
};

/// E5M2 with a power of two for 32 of them.
pub static MXFP8_E5M2: Format = Format {
    id: "mxfp8_e5m2",
    name: "MXFP8 E5M2",
    family: Family::Mx,
    kind: Kind::Block(Block { size: 32, bytes: 33, layout: Layout::Mx(mx::Element::Float(mx::E5M2)) }),
    note: in_engine("E5M2 with a power of two for 32 of them."),
    source: MX_SOURCE,
};

/// E3M2 with a power of two for 32 of them.
pub static MXFP6_E3M2: Format = Format {
    id: "mxfp6_e3m2",
    name: "MXFP6 E3M2",
    family: Family::Mx,
    kind: Kind::Block(Block { size: 32, bytes: 25, layout: Layout::Mx(mx::Element::Float(mx::E3M2)) }),
    note: in_engine("E3M2 with a power of two for 32 of them."),
    source: MX_SOURCE,
};

/// E2M3 with a power of two for 32 of them.
pub static MXFP6_E2M3: Format = Format {
    id: "mxfp6_e2m3",
    name: "MXFP6 E2M3",
    family: Family::Mx,
    kind: Kind::Block(Block { size: 32, bytes: 25, layout: Layout::Mx(mx::Element::Float(mx::E2M3)) }),
    note: in_engine("E2M3 with a power of two for 32 of them."),
    source: MX_SOURCE,
};

/// E2M1 with a power of two for 32 of them; what gpt-oss is published in.
pub static MXFP4: Format = Format {
    id: "mxfp4",
    name: "MXFP4",
    family: Family::Mx,
    kind: Kind::Block(Block { size: 32, bytes: 17, layout: Layout::Mx(mx::Element::Float(mx::E2M1)) }),
    note: in_engine("E2M1 with a power of two for 32 of them; what gpt-oss is published in."),
    source: MX_SOURCE,
};

/// 8-bit fixed point with a power of two for 32 of them.
pub static MXINT8: Format = Format {
    id: "mxint8",
    name: "MXINT8",
    family: Family::Mx,
    kind: Kind::Block(Block { size: 32, bytes: 33, layout: Layout::Mx(mx::Element::Int8) }),
    note: in_engine("8-bit fixed point with a power of two for 32 of them."),
    source: MX_SOURCE,
};

/// E2M1 with an E4M3 scale for 16 of them, and one FP32 scale for the tensor.
pub static NVFP4: Format = Format {
    id: "nvfp4",
    name: "NVFP4",
    family: Family::Mx,
    kind: Kind::Block(Block { size: 16, bytes: 9, layout: Layout::Nvfp4 { two_level: true } }),
    note: in_engine("E2M1 with an E4M3 scale for 16 of them, and one FP32 scale for the tensor."),
    source: NVFP4_SOURCE,
};

/// NVFP4 without the tensor’s scale: poor for small weights, whose block scales fall below what E4M3 has.
pub static NVFP4_ONE_LEVEL: Format = Format {
    id: "nvfp4_one_level",
    name: "NVFP4, one level",
    family: Family::Mx,
    kind: Kind::Block(Block { size: 16, bytes: 9, layout: Layout::Nvfp4 { two_level: false } }),
    note: in_engine(
        "NVFP4 without the tensor’s scale: poor for small weights, whose block scales fall below what E4M3 has.",
    ),
    source: NVFP4_SOURCE,
};

/// NF4 codes with an FP32 magnitude for 64 of them: bitsandbytes’ load_in_4bit.
pub static BNB_NF4_BLOCK: Format = Format {
    id: "bnb_nf4_block",
    name: "NF4, blocks of 64",
    family: Family::Codebook,
    kind: Kind::Block(Block { size: 64, bytes: 36, layout: Layout::Bnb { codebook: &codebook::NF4, double: false } }),
    note: in_engine("NF4 codes with an FP32 magnitude for 64 of them: bitsandbytes’ load_in_4bit."),
    source: QLORA_SOURCE,
};

/// The magnitudes are quantized to 8 bits in turn: 4.127 bits a weight.
pub static BNB_NF4_DOUBLE: Format = Format {
    id: "bnb_nf4_double",
    name: "NF4, double quantization",
    family: Family::Codebook,
    kind: Kind::Block(Block { size: 64, bytes: 33, layout: Layout::Bnb { codebook: &codebook::NF4, double: true } }),
    note: in_engine("The magnitudes are quantized to 8 bits in turn: 4.127 bits a weight."),
    source: QLORA_SOURCE,
};

/// bitsandbytes’ FP4 codes with an FP32 magnitude for 64 of them.
pub static BNB_FP4_BLOCK: Format = Format {
    id: "bnb_fp4_block",
    name: "FP4 (bitsandbytes), blocks of 64",
    family: Family::Codebook,
    kind: Kind::Block(Block {
        size: 64,
        bytes: 36,
        layout: Layout::Bnb { codebook: &codebook::BNB_FP4, double: false },
    }),
    note: in_engine("bitsandbytes’ FP4 codes with an FP32 magnitude for 64 of them."),
    source: BNB_SOURCE,
};

/// The magnitudes are quantized to 8 bits in turn: 4.127 bits a weight.
pub static BNB_FP4_DOUBLE: Format = Format {
    id: "bnb_fp4_double",
    name: "FP4 (bitsandbytes), double quantization",
    family: Family::Codebook,
    kind: Kind::Block(Block {
        size: 64,
        bytes: 33,
        layout: Layout::Bnb { codebook: &codebook::BNB_FP4, double: true },
    }),
    note: in_engine("The magnitudes are quantized to 8 bits in turn: 4.127 bits a weight."),
    source: BNB_SOURCE,
};

/// 16 whole numbers times a scale for 32 of them.
pub static GGML_Q4_0: Format = Format {
    id: "q4_0",
    name: "Q4_0",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 32, bytes: 18, layout: Layout::Ggml { id: 2, bits: 4 } }),
    note: in_engine("16 whole numbers times a scale for 32 of them."),
    source: GGML_SOURCE,
};

/// Q4_0 with a minimum of its own for each block.
pub static GGML_Q4_1: Format = Format {
    id: "q4_1",
    name: "Q4_1",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 32, bytes: 20, layout: Layout::Ggml { id: 3, bits: 4 } }),
    note: in_engine("Q4_0 with a minimum of its own for each block."),
    source: GGML_SOURCE,
};

/// 32 whole numbers times a scale for 32 of them.
pub static GGML_Q5_0: Format = Format {
    id: "q5_0",
    name: "Q5_0",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 32, bytes: 22, layout: Layout::Ggml { id: 6, bits: 5 } }),
    note: in_engine("32 whole numbers times a scale for 32 of them."),
    source: GGML_SOURCE,
};

/// Q5_0 with a minimum of its own for each block.
pub static GGML_Q5_1: Format = Format {
    id: "q5_1",
    name: "Q5_1",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 32, bytes: 24, layout: Layout::Ggml { id: 7, bits: 5 } }),
    note: in_engine("Q5_0 with a minimum of its own for each block."),
    source: GGML_SOURCE,
};

/// INT8 with a scale for 32 of them: hardly any loss.
pub static GGML_Q8_0: Format = Format {
    id: "q8_0",
    name: "Q8_0",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 32, bytes: 34, layout: Layout::Ggml { id: 8, bits: 8 } }),
    note: in_engine("INT8 with a scale for 32 of them: hardly any loss."),
    source: GGML_SOURCE,
};

/// Blocks in blocks: 4-bit scales and minima for 16 weights of 2 bits.
pub static GGML_Q2_K: Format = Format {
    id: "q2_k",
    name: "Q2_K",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 84, layout: Layout::Ggml { id: 10, bits: 2 } }),
    note: in_engine("Blocks in blocks: 4-bit scales and minima for 16 weights of 2 bits."),
    source: GGML_SOURCE,
};

/// 6-bit scales for 16 weights of 3 bits.
pub static GGML_Q3_K: Format = Format {
    id: "q3_k",
    name: "Q3_K",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 110, layout: Layout::Ggml { id: 11, bits: 3 } }),
    note: in_engine("6-bit scales for 16 weights of 3 bits."),
    source: GGML_SOURCE,
};

/// 6-bit scales and minima for 32 weights of 4 bits: the usual choice, as Q4_K_M.
pub static GGML_Q4_K: Format = Format {
    id: "q4_k",
    name: "Q4_K",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 144, layout: Layout::Ggml { id: 12, bits: 4 } }),
    note: in_engine("6-bit scales and minima for 32 weights of 4 bits: the usual choice, as Q4_K_M."),
    source: GGML_SOURCE,
};

/// 6-bit scales and minima for 32 weights of 5 bits.
pub static GGML_Q5_K: Format = Format {
    id: "q5_k",
    name: "Q5_K",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 176, layout: Layout::Ggml { id: 13, bits: 5 } }),
    note: in_engine("6-bit scales and minima for 32 weights of 5 bits."),
    source: GGML_SOURCE,
};

/// 8-bit scales for 16 weights of 6 bits.
pub static GGML_Q6_K: Format = Format {
    id: "q6_k",
    name: "Q6_K",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 210, layout: Layout::Ggml { id: 14, bits: 6 } }),
    note: in_engine("8-bit scales for 16 weights of 6 bits."),
    source: GGML_SOURCE,
};

/// 4 bits that choose from a table finer near zero.
pub static GGML_IQ4_NL: Format = Format {
    id: "iq4_nl",
    name: "IQ4_NL",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 32, bytes: 18, layout: Layout::Ggml { id: 20, bits: 4 } }),
    note: in_engine("4 bits that choose from a table finer near zero."),
    source: GGML_SOURCE,
};

/// IQ4_NL with 6-bit scales for 32 weights.
pub static GGML_IQ4_XS: Format = Format {
    id: "iq4_xs",
    name: "IQ4_XS",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 136, layout: Layout::Ggml { id: 23, bits: 4 } }),
    note: in_engine("IQ4_NL with 6-bit scales for 32 weights."),
    source: GGML_SOURCE,
};

/// MXFP4 as ggml rounds it: ties toward zero, never −0.
pub static GGML_MXFP4: Format = Format {
    id: "ggml_mxfp4",
    name: "MXFP4 (ggml)",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 32, bytes: 17, layout: Layout::Ggml { id: 39, bits: 4 } }),
    note: in_engine("MXFP4 as ggml rounds it: ties toward zero, never −0."),
    source: GGML_SOURCE,
};

/// NVFP4 as ggml writes it: four blocks of 16, no tensor scale.
pub static GGML_NVFP4: Format = Format {
    id: "ggml_nvfp4",
    name: "NVFP4 (ggml)",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 64, bytes: 36, layout: Layout::Ggml { id: 40, bits: 4 } }),
    note: in_engine("NVFP4 as ggml writes it: four blocks of 16, no tensor scale."),
    source: GGML_SOURCE,
};

/// Ternary weights, five to a byte. Read only.
pub static GGML_TQ1_0: Format = Format {
    id: "tq1_0",
    name: "TQ1_0",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 54, layout: Layout::Ggml { id: 34, bits: 2 } }),
    note: in_engine("Ternary weights, five to a byte. Read only."),
    source: GGML_SOURCE,
};

/// Ternary weights, four to a byte. Read only.
pub static GGML_TQ2_0: Format = Format {
    id: "tq2_0",
    name: "TQ2_0",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 66, layout: Layout::Ggml { id: 35, bits: 2 } }),
    note: in_engine("Ternary weights, four to a byte. Read only."),
    source: GGML_SOURCE,
};

/// Codebook of 2048 points for eight weights. Read only.
pub static GGML_IQ1_S: Format = Format {
    id: "iq1_s",
    name: "IQ1_S",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 50, layout: Layout::Ggml { id: 19, bits: 1 } }),
    note: in_engine("Codebook of 2048 points for eight weights. Read only."),
    source: GGML_SOURCE,
};

/// IQ1_S with finer scales. Read only.
pub static GGML_IQ1_M: Format = Format {
    id: "iq1_m",
    name: "IQ1_M",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 56, layout: Layout::Ggml { id: 29, bits: 1 } }),
    note: in_engine("IQ1_S with finer scales. Read only."),
    source: GGML_SOURCE,
};

/// Codebook of 256 points for eight weights. Read only.
pub static GGML_IQ2_XXS: Format = Format {
    id: "iq2_xxs",
    name: "IQ2_XXS",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 66, layout: Layout::Ggml { id: 16, bits: 2 } }),
    note: in_engine("Codebook of 256 points for eight weights. Read only."),
    source: GGML_SOURCE,
};

/// Codebook of 512 points for eight weights. Read only.
pub static GGML_IQ2_XS: Format = Format {
    id: "iq2_xs",
    name: "IQ2_XS",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 74, layout: Layout::Ggml { id: 17, bits: 2 } }),
    note: in_engine("Codebook of 512 points for eight weights. Read only."),
    source: GGML_SOURCE,
};

/// Codebook of 1024 points for eight weights. Read only.
pub static GGML_IQ2_S: Format = Format {
    id: "iq2_s",
    name: "IQ2_S",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 82, layout: Layout::Ggml { id: 22, bits: 2 } }),
    note: in_engine("Codebook of 1024 points for eight weights. Read only."),
    source: GGML_SOURCE,
};

/// Codebook of 256 points for four weights. Read only.
pub static GGML_IQ3_XXS: Format = Format {
    id: "iq3_xxs",
    name: "IQ3_XXS",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 98, layout: Layout::Ggml { id: 18, bits: 3 } }),
    note: in_engine("Codebook of 256 points for four weights. Read only."),
    source: GGML_SOURCE,
};

/// Codebook of 512 points for four weights. Read only.
pub static GGML_IQ3_S: Format = Format {
    id: "iq3_s",
    name: "IQ3_S",
    family: Family::Ggml,
    kind: Kind::Block(Block { size: 256, bytes: 110, layout: Layout::Ggml { id: 21, bits: 3 } }),
    note: in_engine("Codebook of 512 points for four weights. Read only."),
    source: GGML_SOURCE,
};

/// Every format, in the order of menus.
pub static FORMATS: &[&Format] = &[
    &FP32,
    &TF32,
    &BF16,
    &FP16,
    &E4M3FN,
    &E5M2,
    &E4M3FNUZ,
    &E5M2FNUZ,
    &E4M3B11FNUZ,
    &E4M3,
    &E3M4,
    &P3109_K8P3SE,
    &P3109_K8P4SE,
    &P3109_K8P5SE,
    &P3109_K8P3SF,
    &P3109_K8P4SF,
    &P3109_K6P3SF,
    &P3109_K6P4SF,
    &P3109_K4P2SF,
    &E3M2FN,
    &E2M3FN,
    &E2M1FN,
    &E8M0FNU,
    &INT8,
    &UINT8,
    &INT4,
    &UINT4,
    &INT2,
    &NF4,
    &BNB_FP4,
    &DYNAMIC8,
    &IQ4_NL_TABLE,
    &MXFP8_E4M3,
    &MXFP8_E5M2,
    &MXFP6_E3M2,
    &MXFP6_E2M3,
    &MXFP4,
    &MXINT8,
    &NVFP4,
    &NVFP4_ONE_LEVEL,
    &BNB_NF4_BLOCK,
    &BNB_NF4_DOUBLE,
    &BNB_FP4_BLOCK,
    &BNB_FP4_DOUBLE,
    &GGML_Q4_0,
    &GGML_Q4_1,
    &GGML_Q5_0,
    &GGML_Q5_1,
    &GGML_Q8_0,
    &GGML_Q2_K,
    &GGML_Q3_K,
    &GGML_Q4_K,
    &GGML_Q5_K,
    &GGML_Q6_K,
    &GGML_IQ4_NL,
    &GGML_IQ4_XS,
    &GGML_MXFP4,
    &GGML_NVFP4,
    &GGML_TQ1_0,
    &GGML_TQ2_0,
    &GGML_IQ1_S,
    &GGML_IQ1_M,
    &GGML_IQ2_XXS,
    &GGML_IQ2_XS,
    &GGML_IQ2_S,
    &GGML_IQ3_XXS,
    &GGML_IQ3_S,
];

/// The row with this id.
#[must_use]
pub fn format(id: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|row| row.id == id)
}
