//! What a file is, by its first bytes: a name may say anything.

use super::checkpoint::FileInfo;
use super::text::{MAX_TEXT, Table};
use super::{Error, gguf, npy, safetensors};

/// What PyTorch's files have to be turned into.
pub(super) const FROM_PYTORCH: &str = "it is not executed here; on a machine that trusts it, run python -c \"import torch; from \
     safetensors.torch import save_file; save_file({k: v.clone().contiguous() for k, v in torch.load('model.bin', \
     map_location='cpu', weights_only=True).items()}, 'model.safetensors')\" and open what that writes";
/// What Keras's have to be turned into.
pub(super) const FROM_KERAS: &str = "run python -c \"import keras, numpy; numpy.savez('model.npz', **{w.path.replace('/', '.'): \
     w.numpy() for w in keras.saving.load_model('model.keras').weights})\" and open what that writes";
const FROM_HDF5: &str = "run python -c \"import h5py, numpy; d = {}; h5py.File('model.h5').visititems(lambda k, v: \
     d.update({k.replace('/', '.'): v[()]}) if isinstance(v, h5py.Dataset) else None); numpy.savez('model.npz', **d)\" and open \
     what that writes";
const FROM_ONNX: &str = "run python -c \"import onnx, numpy; numpy.savez('model.npz', **{t.name: onnx.numpy_helper.to_array(t) \
     for t in onnx.load('model.onnx').graph.initializer})\" and open what that writes";
const UNPACK: &str = "unpack it, and open the files with weights in it";
const WEIGHTS: &str = "open the model’s files with weights";

/// Files that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// [`safetensors`]
    Safetensors,
    /// [`gguf`]
    Gguf,
    /// [`npy`]
    Npy,
    /// A zip, of arrays or of other things.
    Zip,
    /// A JSON object, which may be an index or a configuration.
    Json,
    /// A table of numbers ([`Table`]).
    Text,
    /// Nothing that is known.
    Unknown,
}

/// Beginnings of files that are no checkpoints, what they are, and what to do.
const OTHERS: &[(&[u8], &str, &str)] = &[
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes them", FROM_HDF5),
    (b"\x1f\x8b", "a gzip archive", UNPACK),
    (b"BZh", "a bzip2 archive", UNPACK),
    (b"\xfd7zXZ\0", "an xz archive", UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (b"Rar!", "a RAR archive", UNPACK),
    (b"%PDF", "a PDF document", WEIGHTS),
    (b"\x89PNG", "an image", WEIGHTS),
    (b"\xff\xd8\xff", "an image", WEIGHTS),
    (b"GIF8", "an image", WEIGHTS),
    (b"RIFF", "an image, a sound or a film", WEIGHTS),
    (b"ggjt", "a file of llama.cpp from before GGUF", "convert the model anew with llama.cpp’s convert_hf_to_gguf.py"),
    (b"ggml", "a file of ggml from before GGUF", "convert the model anew with llama.cpp’s convert_hf_to_gguf.py"),
    (b"lmgg", "a file of ggml from before GGUF", "convert the model anew with llama.cpp’s convert_hf_to_gguf.py"),
    (b"tjgg", "a file of llama.cpp from before GGUF", "convert the model anew with llama.cpp’s convert_hf_to_gguf.py"),
];

/// What a file is.
///
/// # Errors
/// What it is instead of a checkpoint, and what to do.
pub fn sniff(info: &FileInfo, bytes: &[u8]) -> Result<Sort, Error> {
    let other =
        |what, advice: &str| Err(Error::NotACheckpoint { file: info.name.clone(), what, advice: advice.to_owned() });
    if info.len == 0 {
        return Err(Error::Empty(info.name.clone()));
    }
    for (magic, sort) in [
        (&gguf::MAGIC[..], Sort::Gguf),
        (npy::MAGIC, Sort::Npy),
        (b"PK\x03\x04", Sort::Zip),
        (b"PK\x05\x06", Sort::Zip),
    ] {
        if bytes.starts_with(magic) {
            return Ok(sort);
        }
        // A file that is too short for its magic is one that was cut off.
        if info.len < magic.len() as u64 && info.len > 1 && magic.starts_with(bytes) {
            return Err(Error::CutOff { file: info.name.clone(), len: info.len, expected: magic.len() as u64 });
        }
    }
    if let Some((length, rest)) = bytes.split_first_chunk()
        && rest.first().is_none_or(|byte| *byte == b'{')
        && (2..=safetensors::MAX_HEADER).contains(&u64::from_le_bytes(*length))
    {
        return Ok(Sort::Safetensors);
    }
    if let Some((_, what, advice)) = OTHERS.iter().find(|row| bytes.starts_with(row.0)) {
        return other(what, advice);
    }
    if bytes.get(257..).is_some_and(|rest| rest.starts_with(b"ustar")) {
        return other("a tar archive", UNPACK);
    }
    // A pickle of protocol 2 to 5 goes on with one of few opcodes.
    if let [0x80, 2..=5, opcode, ..] = bytes
        && b"}](cX\x8a\x95".contains(opcode)
    {
        return other("a pickle, which is a program, as PyTorch writes them", FROM_PYTORCH);
    }
    // Protocol buffers: field 1, the version, is a small number; field 2, the producer, a text of some length.
    if let [0x08, 1..=20, 0x12, length, rest @ ..] = bytes
        && rest
            .get(..usize::from(*length))
            .is_some_and(|name| !name.is_empty() && name.iter().all(u8::is_ascii_graphic))
    {
        return other("an ONNX model", FROM_ONNX);
    }
    if bytes.iter().any(|byte| *byte < b' ' && !byte.is_ascii_whitespace()) {
        let is_zero = info.len > 64 && bytes.iter().all(|byte| *byte == 0);
        return if is_zero && [".safetensors", ".gguf"].iter().any(|end| info.name.contains(end)) {
            other("a file of zeros", "its place was kept and its download never done, so get it again")
        } else {
            Ok(Sort::Unknown)
        };
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let begins =
        |with: &str| text.get(..with.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(with.as_bytes()));
    if begins("version https://git-lfs") {
        let text = String::from_utf8_lossy(text);
        let size = text.lines().find_map(|line| line.strip_prefix("size ")?.parse::<u64>().ok());
        let size = size.map_or(String::new(), |size| format!("; the file itself has {size} bytes"));
        return other("a Git LFS pointer", &format!("get the file with git lfs pull{size}"));
    }
    if ["<!doctype", "<html", "<head", "<body", "<?xml", "<!--"].iter().any(|tag| begins(tag)) {
        let advice = "a download that got a web page instead, as it does where one has to log in or accept a licence first: open \
                      the link in a browser, and save the file itself";
        return other("a web page", advice);
    }
    if text.starts_with(b"{") {
        return Ok(Sort::Json);
    }
    let mut table = Table::new(&info.name);
    let mut values = Vec::new();
    let is_table = table.push(bytes, &mut values).is_ok() || table.rows() > 0;
    if is_table && !values.is_empty() && info.len <= MAX_TEXT {
        Ok(Sort::Text)
    } else if is_table && !values.is_empty() {
        other("text of more than 64 MiB", "save the numbers as a .npy file, with numpy.save")
    } else if str::from_utf8(bytes).is_ok() || info.len > bytes.len() as u64 {
        other("text that is no table of numbers", WEIGHTS)
    } else {
        Ok(Sort::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniffed(name: &str, bytes: &[u8]) -> Result<Sort, String> {
        let info = FileInfo { name: name.into(), len: bytes.len() as u64 };
        sniff(&info, bytes).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_is_what_its_bytes_say_whatever_its_name() {
        let header = b"{\"__metadata__\":{}}";
        let safetensors = [&(header.len() as u64).to_le_bytes()[..], header].concat();
        for (bytes, sort) in [
            (&safetensors[..], Sort::Safetensors),
            (b"GGUF\x03\0\0\0", Sort::Gguf),
            (b"\x93NUMPY\x01\0", Sort::Npy),
            (b"PK\x03\x04\x14\0", Sort::Zip),
            (b"\xef\xbb\xbf \n{\"weight_map\": {}}", Sort::Json),
            (b"0.5,1\n2,3\n", Sort::Text),
            (b"a b c\n1 2 3\n", Sort::Text),
            (&[0, 0, 0x80, 0x3f, 0, 0, 0, 0x40], Sort::Unknown),
        ] {
            for name in ["model.safetensors", "x.bin"] {
                assert_eq!(sniffed(name, bytes), Ok(sort), "{name}: {bytes:?}");
            }
        }
    }

    #[test]
    fn what_is_no_checkpoint_says_what_to_do() {
        let tar = [&[b'a'; 257][..], b"ustar\x0000"].concat();
        let lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 4976698672\n";
        for (bytes, what) in [
            (&b""[..], "is empty"),
            (b"\n<!DOCTYPE html><html>", "a web page: a download that got a web page instead"),
            (b"<html lang=en>", "a web page"),
            (&lfs[..], "a Git LFS pointer: get the file with git lfs pull; the file itself has 4976698672 bytes"),
            (b"\x80\x02}q\x00", "a pickle, which is a program, as PyTorch writes them: it is not executed here"),
            (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "a pickle"),
            (b"\x1f\x8b\x08\0", "a gzip archive: unpack it"),
            (b"%PDF-1.7", "a PDF document"),
            (b"\x89PNG\r\n\x1a\n", "an image"),
            (b"GGUF"[..3].as_ref(), "ends after 3 bytes"),
            (&tar, "a tar archive"),
            (&[0; 100], "a file of zeros"),
            (b"These are the weights of a model.\nIt is large.\n", "text that is no table of numbers"),
        ] {
            let error = sniffed("model.safetensors", bytes).expect_err(what);
            assert!(error.contains(what), "{error} for {what}");
        }
    }
}
