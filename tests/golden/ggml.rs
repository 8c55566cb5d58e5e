//! `formats/ggml/`, `ggml_edge/`, `gguf_decode/`: blocks made by llama.cpp and decoded by llama.cpp and gguf-py.

use crate::vectors::{Vector, assert_same_codes, assert_same_floats, load, names};
use bitbudget::formats::ggml::{BlockType, TYPES, ue4m3};
use std::collections::BTreeSet;

const FOLDERS: [&str; 3] = ["ggml", "ggml_edge", "gguf_decode"];

#[test]
fn every_type_has_vectors_and_every_vector_a_type() {
    let in_files: BTreeSet<String> =
        FOLDERS.iter().flat_map(|folder| [".q.bin", ".dq.bin"].map(|ending| names(folder, ending))).flatten().collect();
    let ours: BTreeSet<String> = TYPES.iter().map(|block_type| block_type.name.to_owned()).collect();
    assert_eq!(in_files, ours, "types with files (left) and types of the library (right)");
}

#[test]
fn every_file_is_one_half_of_a_pair() {
    for folder in FOLDERS {
        let (encoded, decoded, all) = (names(folder, ".q.bin"), names(folder, ".dq.bin"), names(folder, ""));
        assert_eq!(encoded, decoded, "{folder}: encoded (left) and decoded (right)");
        assert_eq!(all.len(), encoded.len() + decoded.len(), "{folder} holds other files: {all:?}");
        assert!(!all.is_empty(), "{folder} is empty");
    }
}

#[test]
fn encoding_gives_the_bytes_of_llama_cpp() {
    for (folder, tensor) in [("ggml", "tensor/main.bin"), ("ggml_edge", "tensor/edge.bin")] {
        let tensor = load::<f32>(tensor);
        let mut encoded_types = 0;
        for name in names(folder, ".q.bin") {
            let block_type = block_type(&name);
            let path = format!("{folder}/{name}.q.bin");
            let expected = load::<u8>(&path);
            if block_type.encode.is_none() {
                continue;
            }
            encoded_types += 1;
            let (rows, row_values) = (rows(&expected), row_length(&tensor));
            assert!(rows <= self::rows(&tensor), "{path} has more rows than the tensor");
            assert_eq!(block_type.row_bytes(row_values), Ok(row_length(&expected)), "{path}: bytes of a row");
            let mut bytes = vec![0; expected.data.len()];
            let values = &tensor.data[..rows * row_values];
            block_type.encode_row(values, &mut bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_same_codes(&path, &bytes, &expected.data);
        }
        assert!(encoded_types > 0, "{folder} has nothing that can be encoded");
    }
}

#[test]
fn decoding_gives_the_values_of_llama_cpp_and_gguf() {
    for folder in FOLDERS {
        for name in names(folder, ".q.bin") {
            let path = format!("{folder}/{name}.dq.bin");
            let (bytes, expected) = (load::<u8>(&format!("{folder}/{name}.q.bin")), load::<f32>(&path));
            let mut values = vec![0.0; expected.data.len()];
            let decoded = block_type(&name).decode_row(&bytes.data, &mut values);
            decoded.unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_same_floats(&path, &values, &expected.data);
        }
    }
}

#[test]
fn a_ue4m3_scale_has_the_code_of_gguf() {
    let inputs = load::<u32>("encode/ue4m3.ggml.inputs.bin");
    let codes: Vec<u8> = inputs.data.iter().map(|&bits| ue4m3::encode(f32::from_bits(bits))).collect();
    assert_same_codes("ue4m3.ggml", &codes, &load::<u8>("encode/ue4m3.ggml.bin").data);
}

fn block_type(name: &str) -> &'static BlockType {
    TYPES.iter().find(|block_type| block_type.name == name).unwrap_or_else(|| panic!("no type {name}"))
}

fn rows<T>(vector: &Vector<T>) -> usize {
    assert_eq!(vector.shape.len(), 2, "rows of {:?}", vector.shape);
    vector.shape[0]
}

fn row_length<T>(vector: &Vector<T>) -> usize {
    assert_eq!(vector.shape.len(), 2, "rows of {:?}", vector.shape);
    vector.shape[1]
}
