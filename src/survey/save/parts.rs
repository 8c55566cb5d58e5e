//! The tensors that a quantized tensor becomes: one where the container has a type for it, else several by a convention that other
//! programs read.
//!
//! | setting | in safetensors | as |
//! |---|---|---|
//! | a float of the container | `X` | – |
//! | `int8`, `@row`, `@g…` | `X` I8, `X_scale` F32 | compressed-tensors, `int-quantized` |
//! | `int4`, `@row`, `@g…` | `X_packed` I32, `X_scale` F32, `X_shape` I64 | compressed-tensors, `pack-quantized` |
//! | `e4m3fn@row`, `@g…` | `X` F8_E4M3, `X_scale` F32 | compressed-tensors, `float-quantized` |
//! | `mxfp4` | `X_blocks` U8, `X_scales` U8 | gpt-oss |
//! | `nvfp4` | `X` U8, `X_scale` F8_E4M3, `X_scale_2` F32 | TensorRT Model Optimizer |
//! | `bnb_nf4_block`, `bnb_fp4_block` | `X` U8, `X.absmax` F32, `X.quant_map` F32, `X.quant_state.bitsandbytes__…` U8 | bitsandbytes |
//!
//! Sources: <https://github.com/vllm-project/compressed-tensors>; <https://huggingface.co/openai/gpt-oss-20b>;
//! <https://github.com/NVIDIA/Model-Optimizer>; `QuantState.as_dict` in <https://github.com/bitsandbytes-foundation/bitsandbytes>.

use super::{SaveAs, Setting, Target};
use crate::formats::{Block, Codebook, Format, Kind, Layout, format, ggml};
use crate::quantize::Granularity;
use crate::weights::write::{Entry, Refused, safetensors};
use crate::weights::{Dtype, Stored};

/// The longest row that is held whole to find its scale, in values.
pub const LONGEST_ROW: u64 = 1 << 24;

/// What the bytes of a tensor are made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// The stored bytes, in groups of so many turned round: 1 if they are copied as they are.
    Copied(usize),
    /// The codes without gaps, or blocks as they are in files.
    Codes(Setting),
    /// The codes of INT4 plus 8, which have no sign, without gaps.
    Unsigned(Setting),
    /// The scale of each row, group or block.
    Scales(Setting),
    /// The scale of the tensor.
    TensorScale(Setting),
    /// These bytes.
    Fixed(Vec<u8>),
}

/// A tensor that is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Its name, type and shape.
    pub entry: Entry,
    /// The tensor of the checkpoint that it is made of.
    pub source: usize,
    /// What of it.
    pub content: Content,
}

/// Values of a row of so many that share a scale or a block.
pub fn run(setting: Setting, cols: u64) -> u64 {
    match setting.granularity {
        _ if setting.format.block_size() > 1 => setting.format.block_size() as u64,
        Granularity::Row => cols,
        Granularity::Group(size) => size.into(),
        Granularity::Tensor | Granularity::Column => 1,
    }
}

/// Whether the codes of a tensor fill their bytes, and those of INT4 and blocks of bitsandbytes their words.
pub fn ends_with_a_byte(tensor: &Stored, setting: Setting) -> bool {
    let (n, (_, cols)) = (tensor.len(), tensor.matrix());
    match setting.format.kind {
        Kind::Integer(integer) if integer.bits == 4 => cols.is_multiple_of(8),
        Kind::Float(_) => n.is_multiple_of(Dtype::Number(setting.format).unit().0),
        _ => true,
    }
}

/// The tensors that a tensor becomes.
pub fn parts(source: usize, tensor: &Stored, target: Target, save_as: SaveAs) -> Result<Vec<Piece>, Refused> {
    let piece = |name: String, dtype: Dtype, shape: Vec<u64>, content: Content| Piece {
        entry: Entry { name, dtype, shape },
        source,
        content,
    };
    let itself = |dtype, content| vec![piece(tensor.name.clone(), dtype, tensor.shape.clone(), content)];
    let setting = match target {
        Target::Keep => {
            let (values, bytes) = tensor.dtype.unit();
            let is_turned = tensor.is_big_endian && values == 1;
            // Of a complex number each part is turned.
            let bytes = if matches!(tensor.dtype, Dtype::Complex(_)) { bytes / 2 } else { bytes };
            return Ok(itself(tensor.dtype, Content::Copied(if is_turned { bytes as usize } else { 1 })));
        }
        Target::To(setting) => setting,
    };
    if save_as == SaveAs::Gguf {
        return gguf_type(setting.format)
            .filter(|_| setting.granularity == Granularity::Tensor)
            .map(|dtype| itself(dtype, Content::Codes(setting)))
            .ok_or_else(|| no_convention("GGUF", setting, gguf_instead(setting.format)));
    }
    let plain = Dtype::Number(setting.format);
    if !setting.quantizer().has_scale() && safetensors::dtype_name(plain).is_some() {
        return Ok(itself(plain, Content::Codes(setting)));
    }
    let name = |ending: &str| format!("{}{ending}", tensor.name);
    let (rows, cols) = match tensor.shape.split_last() {
        Some((cols, rows)) => (rows.to_vec(), *cols),
        None => (Vec::new(), 1),
    };
    let wide = |cols: u64| [rows.clone(), vec![cols]].concat();
    let (scale_shape, scales) = match setting.granularity {
        Granularity::Tensor | Granularity::Column => (vec![1], Content::TensorScale(setting)),
        Granularity::Row => (wide(1), Content::Scales(setting)),
        Granularity::Group(size) => (wide(cols / u64::from(size)), Content::Scales(setting)),
    };
    let scale = || piece(name("_scale"), Dtype::FP32, scale_shape, scales);
    let codes = Content::Codes(setting);
    Ok(match (setting.format.id, setting.format.kind) {
        ("int8", _) => {
            let int8 = Dtype::Integer { bits: 8, is_signed: true };
            vec![piece(name(""), int8, tensor.shape.clone(), codes), scale()]
        }
        ("int4", _) => {
            let (int32, int64) =
                (Dtype::Integer { bits: 32, is_signed: true }, Dtype::Integer { bits: 64, is_signed: true });
            let shape = tensor.shape.iter().flat_map(|size| size.to_le_bytes()).collect();
            vec![
                piece(name("_packed"), int32, wide(cols / 8), Content::Unsigned(setting)),
                scale(),
                piece(name("_shape"), int64, vec![tensor.shape.len() as u64], Content::Fixed(shape)),
            ]
        }
        ("e4m3fn", _) => vec![piece(name(""), plain, tensor.shape.clone(), codes), scale()],
        ("mxfp4", _) => {
            let blocks = cols / 32;
            let shape = [rows.clone(), vec![blocks, 16]].concat();
            vec![
                piece(name("_blocks"), BYTES, shape, codes),
                piece(name("_scales"), BYTES, wide(blocks), Content::Scales(setting)),
            ]
        }
        ("nvfp4", _) => {
            let e4m3 = format("e4m3fn").map_or(BYTES, Dtype::Number);
            vec![
                piece(name(""), BYTES, wide(cols / 2), codes),
                piece(name("_scale"), e4m3, wide(cols / 16), Content::Scales(setting)),
                piece(name("_scale_2"), Dtype::FP32, Vec::new(), Content::TensorScale(setting)),
            ]
        }
        (_, Kind::Block(Block { size, layout: Layout::Bnb { codebook, double: false }, .. })) => {
            let kind = if setting.format.id == "bnb_nf4_block" { "nf4" } else { "fp4" };
            let state = quant_state(kind, size, &tensor.shape);
            let (map, n) = (quant_map(codebook), tensor.len());
            vec![
                piece(name(""), BYTES, vec![n / 2, 1], codes),
                piece(name(".absmax"), Dtype::FP32, vec![n / size as u64], Content::Scales(setting)),
                piece(name(".quant_map"), Dtype::FP32, vec![map.len() as u64 / 4], Content::Fixed(map)),
                piece(
                    name(&format!(".quant_state.bitsandbytes__{kind}")),
                    BYTES,
                    vec![state.len() as u64],
                    Content::Fixed(state),
                ),
            ]
        }
        _ => return Err(no_convention("safetensors", setting, safetensors_instead(setting.format))),
    })
}

const BYTES: Dtype = Dtype::Integer { bits: 8, is_signed: false };

fn no_convention(container: &'static str, setting: Setting, instead: &'static str) -> Refused {
    let scale = match setting.granularity {
        Granularity::Tensor | Granularity::Column => String::new(),
        Granularity::Row => " with a scale for each row".to_owned(),
        Granularity::Group(size) => format!(" with a scale for {size} values"),
    };
    Refused::NoConvention { container, format: format!("{}{scale}", setting.format.name), instead }
}

/// What a format is in GGUF.
fn gguf_type(format: &'static Format) -> Option<Dtype> {
    match format.kind {
        Kind::Block(Block { layout: Layout::Ggml { id, .. }, .. }) => {
            ggml::TYPES.iter().find(|row| row.id == id).map(|row| Dtype::Blocks(row))
        }
        _ => Some(Dtype::Number(format)).filter(|dtype| crate::weights::write::gguf::type_id(*dtype).is_some()),
    }
}

/// The nearest that GGUF has.
fn gguf_instead(format: &Format) -> &'static str {
    match (format.id, format.bits()) {
        ("mxfp4", _) => "ggml’s MXFP4",
        ("nvfp4" | "nvfp4_one_level", _) => "ggml’s NVFP4",
        (_, 7..) => "Q8_0",
        (_, 5..=6) => "Q6_K",
        (_, 3..=4) => "Q4_K",
        _ => "Q2_K",
    }
}

/// The nearest that safetensors has a convention for.
fn safetensors_instead(format: &Format) -> &'static str {
    match (format.id, format.bits()) {
        ("ggml_nvfp4" | "nvfp4_one_level", _) => "NVFP4 with a scale for the tensor",
        ("ggml_mxfp4", _) => "MXFP4",
        ("bnb_nf4_double" | "nf4", _) => "NF4 in blocks without double quantization",
        ("bnb_fp4_double" | "bnb_fp4", _) => "FP4 of bitsandbytes in blocks without double quantization",
        (_, 7..) => "FP8 E4M3 or INT8, or GGUF for ggml’s formats",
        _ => "MXFP4 or INT4 in groups, or GGUF for ggml’s formats",
    }
}

/// The values of a list by their codes.
fn quant_map(codebook: &Codebook) -> Vec<u8> {
    codebook.values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// The JSON that bitsandbytes keeps beside a weight. The type is that of the values after decoding.
fn quant_state(kind: &str, block_size: usize, shape: &[u64]) -> Vec<u8> {
    let shape: Vec<String> = shape.iter().map(u64::to_string).collect();
    format!(
        "{{\"quant_type\": \"{kind}\", \"blocksize\": {block_size}, \"dtype\": \"float32\", \"shape\": [{}]}}",
        shape.join(", ")
    )
    .into_bytes()
}
