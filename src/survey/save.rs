//! A checkpoint in other formats, planned: which tensors the files will have, of which types, in which order and how large.
//!
//! A tensor that is quantized becomes one tensor or several (`parts`). Nothing is read or encoded here; that is
//! [`crate::compute`]'s.

mod parts;

use super::Setting;
pub use super::recipe::Target;
use crate::formats::Kind;
use crate::weights::checkpoint::{Container, Order, Packing};
use crate::weights::write::{Entry, File, Refused, gguf, safetensors};
use crate::weights::{Checkpoint, Dtype, Stored};
pub use parts::{Content, Piece};

/// What kind of files are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SaveAs {
    /// `.safetensors`, several with an index if they are large.
    #[default]
    Safetensors,
    /// One `.gguf`.
    Gguf,
}

impl SaveAs {
    /// Both, in the order of menus.
    pub const ALL: [Self; 2] = [Self::Safetensors, Self::Gguf];

    /// Permanent id; stands in links.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Safetensors => "safetensors",
            Self::Gguf => "gguf",
        }
    }

    /// What a menu calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safetensors => "safetensors",
            Self::Gguf => "GGUF",
        }
    }
}

/// What a checkpoint can be written as: the id of [`SaveAs`], a hyphen, and the setting of its matrices.
pub const CHOICES: [&str; 32] = [
    "gguf-q8_0",
    "gguf-q6_k",
    "gguf-q5_k",
    "gguf-q5_1",
    "gguf-q5_0",
    "gguf-q4_k",
    "gguf-q4_1",
    "gguf-q4_0",
    "gguf-iq4_nl",
    "gguf-iq4_xs",
    "gguf-q3_k",
    "gguf-q2_k",
    "gguf-ggml_mxfp4",
    "gguf-ggml_nvfp4",
    "gguf-bf16",
    "gguf-fp16",
    "gguf-fp32",
    "safetensors-bf16",
    "safetensors-fp16",
    "safetensors-fp32",
    "safetensors-e4m3fn",
    "safetensors-e4m3fn@row",
    "safetensors-e5m2",
    "safetensors-int8",
    "safetensors-int8@row",
    "safetensors-int8@g128",
    "safetensors-int4@g128",
    "safetensors-int4@g32",
    "safetensors-mxfp4",
    "safetensors-nvfp4",
    "safetensors-bnb_nf4_block",
    "safetensors-bnb_fp4_block",
];

/// Reads one of [`CHOICES`], and nothing else.
#[must_use]
pub fn read_choice(text: &str) -> Option<(SaveAs, Setting)> {
    let (id, setting) = text.split_once('-').filter(|_| CHOICES.contains(&text))?;
    let save_as = SaveAs::ALL.into_iter().find(|save_as| save_as.id() == id)?;
    Some((save_as, Setting::read(setting)?))
}

/// One setting for every matrix of floats, as quantizers do it: vectors (norms, biases) and integers are kept; in GGUF, floats of
/// vectors become FP32, which is what llama.cpp adds and multiplies them in.
#[must_use]
pub fn all_matrices(checkpoint: &Checkpoint, setting: Setting, save_as: SaveAs) -> Vec<Target> {
    let target = |tensor: &Stored| match (is_float(tensor), is_vector(tensor)) {
        (true, false) => Target::To(setting),
        _ => kept(tensor, save_as),
    };
    checkpoint.tensors.iter().map(target).collect()
}

/// A target for each tensor, as a recipe says it; what it keeps is kept as [`all_matrices`] keeps vectors.
#[must_use]
pub fn by_recipe(checkpoint: &Checkpoint, targets: impl IntoIterator<Item = Target>, save_as: SaveAs) -> Vec<Target> {
    let target = |(tensor, target)| match target {
        Target::Keep => kept(tensor, save_as),
        target => target,
    };
    checkpoint.tensors.iter().zip(targets).map(target).collect()
}

/// What becomes of a tensor that is not quantized.
fn kept(tensor: &Stored, save_as: SaveAs) -> Target {
    let is_widened = save_as == SaveAs::Gguf && is_float(tensor) && is_vector(tensor) && !tensor.is_empty();
    Setting::read("fp32").filter(|_| is_widened).map_or(Target::Keep, Target::To)
}

const fn is_float(tensor: &Stored) -> bool {
    matches!(tensor.dtype, Dtype::Number(_) | Dtype::Blocks(_) | Dtype::Fp64)
}

fn is_vector(tensor: &Stored) -> bool {
    let (rows, cols) = tensor.matrix();
    rows <= 1 || cols <= 1
}

/// Files that are going to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Saving {
    /// Their tensors, from which tensors of the checkpoint they are made, and how.
    pub pieces: Vec<Piece>,
    /// The files; their `tensors` are places in `pieces`.
    pub files: Vec<File>,
    /// What became of tensors that could not be written as they were meant to be, in sentences.
    pub notes: Vec<String>,
}

/// Why a tensor is not written as it was meant to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Instead {
    /// llama.cpp's next best type.
    Fallback,
    /// As it is stored: the format does not divide its rows.
    Kept,
    /// As FP32, since the container has no such type.
    Fp32,
}

impl Saving {
    /// Plans the files of a checkpoint with a target for each tensor; those without one are kept. `keys` are those of the file, if it
    /// is a GGUF file.
    ///
    /// # Errors
    /// What the container has no place for, with what to choose instead.
    pub fn new(
        checkpoint: &Checkpoint,
        targets: &[Target],
        save_as: SaveAs,
        keys: Option<&gguf::Keys>,
    ) -> Result<Self, Refused> {
        if checkpoint.tensors.is_empty() {
            return Err(Refused::Nothing);
        }
        if save_as == SaveAs::Gguf && keys.is_none() && matches!(checkpoint.container, Container::Gguf(_)) {
            return Err(Refused::BrokenKeys(0));
        }
        let mut pieces = Vec::new();
        let mut otherwise: Vec<(Instead, &str)> = Vec::new();
        let mut settings: Vec<String> = Vec::new();
        for (place, tensor) in checkpoint.tensors.iter().enumerate() {
            check_plain(tensor)?;
            let mut target = targets.get(place).copied().unwrap_or(Target::Keep);
            if let Target::To(setting) = target {
                let id = setting.write();
                if tensor.matrix().0 > 1 && !settings.contains(&id) {
                    settings.push(id);
                }
                let (suited, instead) = suited(tensor, setting, save_as);
                target = suited;
                otherwise.extend(instead.map(|instead| (instead, tensor.name.as_str())));
            }
            if target == Target::Keep && !has_type(save_as, tensor.dtype) && is_exact_in_fp32(tensor.dtype) {
                target = Setting::read("fp32").map_or(Target::Keep, Target::To);
                otherwise.push((Instead::Fp32, &tensor.name));
            }
            pieces.extend(parts::parts(place, tensor, target, save_as)?);
        }
        let entries: Vec<Entry> = pieces.iter().map(|piece| piece.entry.clone()).collect();
        let name = stem(checkpoint);
        let files = match save_as {
            SaveAs::Safetensors => {
                safetensors::files("model", &entries, &metadata(checkpoint), safetensors::SHARD_BYTES)?
            }
            SaveAs::Gguf => {
                let name = match settings.as_slice() {
                    [] => name,
                    [id] => format!("{name}-{id}"),
                    _ => format!("{name}-mixed"),
                };
                vec![gguf::file(&name, &entries, keys, &architecture(checkpoint))?]
            }
        };
        Ok(Self { pieces, files, notes: notes(&otherwise) })
    }

    /// All bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.len).fold(0, u64::saturating_add)
    }
}

/// Values are read by byte ranges, so they have to lie plainly.
fn check_plain(tensor: &Stored) -> Result<(), Refused> {
    let (how, advice) = match (tensor.packing, tensor.order) {
        (Packing::Plain, Order::Rows) => return Ok(()),
        (Packing::Plain, Order::Columns) => ("stored column by column", "save it anew with np.ascontiguousarray"),
        (Packing::Decimal, _) => ("text", "save it as .npy first"),
        _ => ("compressed", "save it anew with np.savez instead of np.savez_compressed"),
    };
    Err(Refused::NotPlain { name: tensor.name.clone(), how, advice })
}

/// What a tensor can be written in that is nearest to a setting.
fn suited(tensor: &Stored, setting: Setting, save_as: SaveAs) -> (Target, Option<Instead>) {
    let (_, cols) = tensor.matrix();
    let size = parts::run(setting, cols);
    let is_whole = match size {
        0 => false,
        _ if setting.format.block_size() == 1 && size == cols => {
            // A scale for each row: the row has to be held whole.
            cols <= parts::LONGEST_ROW
        }
        size => cols.is_multiple_of(size),
    };
    let is_whole = is_whole && parts::ends_with_a_byte(tensor, setting);
    match save_as {
        _ if tensor.is_empty() => (Target::Keep, None),
        _ if is_whole => (Target::To(setting), None),
        SaveAs::Safetensors => (Target::Keep, Some(Instead::Kept)),
        SaveAs::Gguf => (Target::To(fallback(setting, cols)), Some(Instead::Fallback)),
    }
}

/// What llama.cpp falls back to where a row does not divide into a type's blocks: a type of blocks of 32 instead of 256, or FP16.
///
/// Source: `tensor_type_fallback` in <https://github.com/ggml-org/llama.cpp/blob/master/src/llama-quant.cpp>. It stops at a type of
/// blocks of 32 that do not divide a row; here that becomes FP16 too.
fn fallback(setting: Setting, cols: u64) -> Setting {
    let other = match setting.format.id {
        "iq4_xs" => "iq4_nl",
        "q2_k" | "q3_k" | "tq1_0" | "tq2_0" => "q4_0",
        "q4_k" => "q5_0",
        "q5_k" => "q5_1",
        "q6_k" => "q8_0",
        _ => "fp16",
    };
    let other = if cols.is_multiple_of(32) { other } else { "fp16" };
    Setting::read(other).unwrap_or(setting)
}

fn has_type(save_as: SaveAs, dtype: Dtype) -> bool {
    match save_as {
        SaveAs::Safetensors => safetensors::dtype_name(dtype).is_some(),
        SaveAs::Gguf => gguf::type_id(dtype).is_some(),
    }
}

/// Whether FP32 holds every value of a type, as it is decoded.
const fn is_exact_in_fp32(dtype: Dtype) -> bool {
    match dtype {
        Dtype::Number(_) | Dtype::Blocks(_) | Dtype::Bool => true,
        Dtype::Integer { bits, .. } => bits <= 16,
        Dtype::Fp64 | Dtype::Complex(_) => false,
    }
}

/// The name of the files without their endings and numbers.
fn stem(checkpoint: &Checkpoint) -> String {
    let name = checkpoint.files.first().map_or("model", |file| file.name.as_str());
    let name = name.rsplit_once('.').map_or(name, |(name, _)| name);
    // model-00001-of-00002
    let parts: Vec<&str> = name.rsplitn(4, '-').collect();
    match parts.as_slice() {
        [n, "of", i, rest] if [n, i].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit())) => {
            (*rest).to_owned()
        }
        _ => name.to_owned(),
    }
}

/// What a GGUF file of another file's tensors says of their architecture: the `model_type` of its configuration.
fn architecture(checkpoint: &Checkpoint) -> String {
    let config = checkpoint.config.as_deref().and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let model_type = config.as_ref().and_then(|config| config.get("model_type")).and_then(|name| name.as_str());
    model_type.unwrap_or("unknown").to_owned()
}

/// `__metadata__`, of a safetensors file each key once; of others what `transformers` wants to see.
fn metadata(checkpoint: &Checkpoint) -> Vec<(String, String)> {
    if checkpoint.container != Container::Safetensors {
        return vec![("format".to_owned(), "pt".to_owned())];
    }
    let mut metadata: Vec<(String, String)> = Vec::new();
    for (key, value) in &checkpoint.metadata {
        if metadata.iter().all(|pair| pair.0 != *key) {
            metadata.push((key.clone(), value.clone()));
        }
    }
    metadata
}

/// A sentence for each way in which tensors are not what they were meant to be.
fn notes(otherwise: &[(Instead, &str)]) -> Vec<String> {
    let told = [
        (Instead::Fallback, "become the type that llama.cpp falls back to, since blocks do not divide their rows"),
        (Instead::Kept, "are kept as they are, since the format does not divide their rows"),
        (
            Instead::Fp32,
            "are written as FP32, which holds their values exactly, since there is no such type in the file",
        ),
    ];
    let sentence = |(instead, what): &(Instead, &str)| {
        let names: Vec<&str> = otherwise.iter().filter(|row| row.0 == *instead).map(|row| row.1).collect();
        let first = names.first()?;
        let more = if names.len() > 1 { format!(" and {} more", names.len() - 1) } else { String::new() };
        Some(format!("{} of the tensors ({first}{more}) {what}", names.len()))
    };
    told.iter().filter_map(sentence).collect()
}

/// Whether values have a scale for the whole tensor, so that its range has to be known before.
#[must_use]
pub fn needs_range(setting: Setting) -> bool {
    use crate::formats::{Block, Layout};
    let quantizer = setting.quantizer();
    quantizer.has_scale() && setting.granularity == crate::quantize::Granularity::Tensor
        || matches!(setting.format.kind, Kind::Block(Block { layout: Layout::Nvfp4 { two_level: true }, .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::FileInfo;

    fn checkpoint(tensors: &[(&str, Dtype, &[u64])]) -> Checkpoint {
        let mut at = 0;
        let tensors = tensors.iter().map(|(name, dtype, shape)| {
            let (values, bytes) = dtype.unit();
            let start = at;
            at += shape.iter().product::<u64>() / values * bytes;
            Stored {
                name: (*name).into(),
                shape: shape.to_vec(),
                dtype: *dtype,
                is_big_endian: false,
                span: crate::weights::Span { file: 0, start, end: at },
                packing: Packing::Plain,
                order: Order::Rows,
            }
        });
        Checkpoint {
            container: Container::Safetensors,
            tensors: tensors.collect(),
            files: vec![FileInfo { name: "model-00001-of-00002.safetensors".into(), len: at }],
            metadata: vec![("format".into(), "pt".into()), ("format".into(), "pt".into())],
            config: Some("{\"model_type\": \"gpt2\"}".into()),
            notes: Vec::new(),
        }
    }

    fn plan(checkpoint: &Checkpoint, choice: &str) -> Result<Saving, Refused> {
        let (save_as, setting) = read_choice(choice).unwrap();
        Saving::new(checkpoint, &all_matrices(checkpoint, setting, save_as), save_as, None)
    }

    fn written(saving: &Saving) -> Vec<(&str, String)> {
        let name = |piece: &Piece| match piece.entry.dtype {
            Dtype::Number(format) => format.id.to_owned(),
            Dtype::Blocks(block_type) => block_type.name.to_owned(),
            other => format!("{other:?}"),
        };
        saving.pieces.iter().map(|piece| (piece.entry.name.as_str(), name(piece))).collect()
    }

    #[test]
    fn rows_that_blocks_do_not_divide_become_what_llama_cpp_falls_back_to_and_that_is_said() {
        let source = checkpoint(&[
            ("whole", Dtype::FP16, &[2, 256]),
            ("short", Dtype::FP16, &[2, 96]),
            ("odd", Dtype::FP16, &[2, 7]),
            ("norm", Dtype::BF16, &[256]),
        ]);
        let saving = plan(&source, "gguf-q4_k").unwrap();
        let types = [("whole", "Q4_K"), ("short", "Q5_0"), ("odd", "fp16"), ("norm", "fp32")];
        assert_eq!(written(&saving), types.map(|(name, kind)| (name, kind.to_owned())));
        assert_eq!(saving.notes.len(), 1);
        assert!(saving.notes[0].starts_with("2 of the tensors (short and 1 more) become"), "{:?}", saving.notes);
        assert_eq!(saving.files[0].name, "model-q4_k.gguf");
    }

    #[test]
    fn in_safetensors_they_are_kept_and_that_is_said() {
        let source = checkpoint(&[("w", Dtype::FP16, &[2, 96]), ("odd", Dtype::FP16, &[2, 7])]);
        let saving = plan(&source, "safetensors-mxfp4").unwrap();
        let names: Vec<&str> = saving.pieces.iter().map(|piece| piece.entry.name.as_str()).collect();
        assert_eq!(names, ["w_blocks", "w_scales", "odd"]);
        assert!(saving.notes[0].starts_with("1 of the tensors (odd) are kept"), "{:?}", saving.notes);
        assert_eq!(saving.files[0].name, "model.safetensors");
    }

    #[test]
    fn a_kept_type_that_the_container_lacks_becomes_fp32_where_that_is_exact() {
        let e4m3 = Dtype::Number(crate::formats::format("e4m3fn").unwrap());
        let source = checkpoint(&[("scale", e4m3, &[2, 2]), ("mask", Dtype::Bool, &[4])]);
        let saving = Saving::new(&source, &[], SaveAs::Gguf, None).unwrap();
        assert_eq!(written(&saving), [("scale", "fp32".to_owned()), ("mask", "fp32".to_owned())]);
        assert!(saving.notes[0].contains("FP32"));
        let complex = checkpoint(&[("c", Dtype::Complex(32), &[2, 2])]);
        assert!(
            Saving::new(&complex, &[], SaveAs::Gguf, None).is_err_and(|refused| refused.to_string().contains("GGUF"))
        );
    }

    #[test]
    fn bytes_are_known_before_anything_is_read() {
        let source = checkpoint(&[("w.weight", Dtype::FP32, &[6, 256]), ("w.bias", Dtype::FP32, &[6])]);
        for (choice, tensors) in [
            ("safetensors-int8@row", 6 * 256 + 6 * 4 + 24),
            ("safetensors-int4@g128", 6 * 128 + 6 * 2 * 4 + 16 + 24),
            ("safetensors-nvfp4", 6 * 128 + 6 * 16 + 4 + 24),
            ("gguf-q8_0", 6 * 8 * 34 + 32),
        ] {
            let saving = plan(&source, choice).unwrap();
            assert_eq!(saving.bytes(), (saving.files[0].header.len() + tensors) as u64, "{choice}");
        }
    }

    #[test]
    fn formats_without_a_convention_are_refused_with_one_that_has() {
        let source = checkpoint(&[("w", Dtype::FP32, &[2, 256])]);
        let refused = |id: &str, save_as| {
            let setting = Setting::read(id).unwrap();
            Saving::new(&source, &[Target::To(setting)], save_as, None).unwrap_err().to_string()
        };
        assert!(refused("int8@row", SaveAs::Gguf).ends_with("choose Q8_0"));
        assert!(refused("mxfp4", SaveAs::Gguf).ends_with("choose ggml’s MXFP4"));
        assert!(refused("q4_k", SaveAs::Safetensors).contains("GGUF for ggml’s formats"));
        assert!(refused("uint8", SaveAs::Safetensors).contains("INT8"));
        assert!(refused("mxfp8_e4m3", SaveAs::Safetensors).contains("FP8 E4M3"));
    }

    #[test]
    fn what_cannot_be_read_piece_by_piece_is_refused() {
        let mut source = checkpoint(&[("w", Dtype::FP32, &[2, 2])]);
        source.tensors[0].order = Order::Columns;
        assert!(plan(&source, "gguf-q8_0").unwrap_err().to_string().contains("ascontiguousarray"));
        source.tensors.clear();
        assert_eq!(plan(&source, "gguf-q8_0"), Err(Refused::Nothing));
    }

    #[test]
    fn every_choice_is_read_as_it_is_written() {
        for choice in CHOICES {
            let (save_as, setting) = read_choice(choice).unwrap();
            assert_eq!(format!("{}-{}", save_as.id(), setting.write()), choice);
        }
        assert_eq!((read_choice("gguf-int8"), read_choice("gguf"), read_choice("gguf-iq1_s")), (None, None, None));
    }
}
