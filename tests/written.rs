//! Checkpoints that are converted, beside those that other people's writers make, and read back by other people's readers.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bitbudget::compute::convert::{Converting, Step};
use bitbudget::compute::cpu;
use bitbudget::survey::Setting;
use bitbudget::survey::save::{CHOICES, Content, SaveAs, Saving, Target, all_matrices, read_choice};
use bitbudget::weights::checkpoint::{Checkpoint, FileInfo};
use bitbudget::weights::decode::decode;
use bitbudget::weights::open::{self, Opening};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files by their names.
type Files = Vec<(String, Vec<u8>)>;

fn opened(files: &Files) -> Checkpoint {
    let infos = files.iter().map(|(name, bytes)| FileInfo { name: name.clone(), len: bytes.len() as u64 }).collect();
    let mut opening = Opening::new(infos);
    let mut bytes = Vec::new();
    loop {
        match opening.next(&bytes).unwrap() {
            open::Step::Read(span) => {
                bytes = files[span.file as usize].1[span.start as usize..span.end as usize].to_vec();
            }
            open::Step::Done(checkpoint) => return *checkpoint,
        }
    }
}

fn values(checkpoint: &Checkpoint, files: &Files, tensor: usize, first: u64, n: u64) -> Vec<f32> {
    let tensor = &checkpoint.tensors[tensor];
    let span = tensor.values_span(first, n).unwrap();
    let bytes = &files[span.file as usize].1[span.start as usize..span.end as usize];
    let mut values = Vec::new();
    decode(tensor.dtype, tensor.is_big_endian, bytes, n as usize, &mut values);
    values
}

/// Writes files as they are planned.
fn written(checkpoint: &Checkpoint, files: &Files, saving: Saving) -> Files {
    let mut made: Files = saving.files.iter().map(|file| (file.name.clone(), Vec::new())).collect();
    let lens: Vec<u64> = saving.files.iter().map(|file| file.len).collect();
    let mut converting = Converting::new(checkpoint, saving);
    let mut ended = Vec::new();
    loop {
        match converting.step().unwrap() {
            Step::Values { tensor, first, n } => {
                converting.take_values(&values(checkpoint, files, tensor, first, n)).unwrap();
            }
            Step::Bytes(span) => {
                let file = &files[span.file as usize].1;
                converting.take_bytes(&file[span.start as usize..span.end as usize]).unwrap();
            }
            Step::Write(chunk) => {
                made[chunk.file].1.extend(chunk.bytes);
                ended.extend(chunk.is_last.then_some(chunk.file));
            }
            Step::Done => break,
        }
    }
    assert_eq!(ended, (0..made.len()).collect::<Vec<_>>(), "each file ends once, in order");
    assert_eq!(lens, made.iter().map(|file| file.1.len() as u64).collect::<Vec<_>>(), "as long as it was said");
    assert_eq!(converting.share(), 1.0);
    made
}

fn golden(name: &str) -> Files {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/written").join(name);
    vec![(name.to_owned(), std::fs::read(path).unwrap())]
}

/// The target of each tensor by the format's name within its own, as `make_written.py` takes it.
fn by_name(checkpoint: &Checkpoint, settings: &[(&str, &str)], vectors: Target) -> Vec<Target> {
    let target = |name: &str, is_matrix: bool| {
        let setting = settings.iter().find(|(part, _)| name.split('.').nth(2) == Some(part));
        setting.filter(|_| is_matrix).map_or(vectors, |(_, id)| Target::To(Setting::read(id).unwrap()))
    };
    checkpoint.tensors.iter().map(|tensor| target(&tensor.name, tensor.shape.len() == 2)).collect()
}

#[test]
fn a_gguf_file_is_that_of_the_packages_writer_to_the_byte() {
    let files = golden("source.safetensors");
    let checkpoint = opened(&files);
    let settings = [
        ("Q8_0", "q8_0"),
        ("Q4_0", "q4_0"),
        ("Q4_1", "q4_1"),
        ("Q5_0", "q5_0"),
        ("Q5_1", "q5_1"),
        ("BF16", "bf16"),
        ("F16", "fp16"),
        ("F32", "fp32"),
        ("MXFP4", "ggml_mxfp4"),
    ];
    let mut targets = by_name(&checkpoint, &settings, Target::To(Setting::read("fp32").unwrap()));
    let ids = checkpoint.tensors.iter().position(|tensor| tensor.name == "position_ids").unwrap();
    targets[ids] = Target::Keep;
    let saving = Saving::new(&checkpoint, &targets, SaveAs::Gguf, None).unwrap();
    assert_eq!(saving.notes, [""; 0]);
    let made = written(&checkpoint, &files, saving);
    let expected = &golden("written.gguf")[0].1;
    let differs = made[0].1.iter().zip(expected).position(|(a, b)| a != b);
    assert_eq!((differs, made[0].1.len()), (None, expected.len()));
}

#[test]
fn a_safetensors_file_is_that_of_the_packages_writer_to_the_byte() {
    let files = golden("source.safetensors");
    let checkpoint = opened(&files);
    let settings = [("BF16", "bf16"), ("F16", "fp16"), ("Q8_0", "e4m3fn"), ("Q4_0", "e5m2")];
    let targets = by_name(&checkpoint, &settings, Target::Keep);
    let made = written(&checkpoint, &files, Saving::new(&checkpoint, &targets, SaveAs::Safetensors, None).unwrap());
    let expected = &golden("written.safetensors")[0].1;
    let differs = made[0].1.iter().zip(expected).position(|(a, b)| a != b);
    assert_eq!((differs, made[0].1.len()), (None, expected.len()));
}

/// A checkpoint with matrices of which one has rows that no block of 256 divides, one that none of 32 does, and a vector.
const SHAPES: [(&str, &[usize]); 5] = [
    ("model.embed.weight", &[6, 1024]),
    ("model.layers.0.mlp.weight", &[3, 2, 512]),
    ("model.layers.0.short.weight", &[5, 96]),
    ("model.layers.0.odd.weight", &[3, 7]),
    ("model.norm.weight", &[512]),
];

/// A file of tensors of these shapes, drawn from seeds.
fn sample(shapes: &[(&str, &[usize])]) -> Files {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (i, (name, shape)) in shapes.iter().enumerate() {
        use bitbudget::weights::{Distribution, Sample};
        let (rows, cols) = (1, shape.iter().product());
        let sample = Sample { distribution: Distribution::Laplace, seed: i as u64 + 1, std: 0.02, rows, cols };
        let from = data.len();
        data.extend(sample.draw(|_| {}).iter().flat_map(|x| x.to_le_bytes()));
        let entry = serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": [from, data.len()] });
        header.insert((*name).to_owned(), entry);
    }
    let header = serde_json::to_vec(&header).unwrap();
    let file = [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat();
    vec![("model-00001-of-00001.safetensors".to_owned(), file)]
}

/// What a tensor's values become when it is quantized at once.
fn quantized(setting: Setting, shape: (u64, u64), values: &[f32]) -> Vec<f32> {
    let (rows, cols) = (shape.0 as usize, shape.1 as usize);
    let (plan, ..) = cpu::quantize(setting.quantizer(), rows, cols, values, |_| {}).unwrap();
    cpu::quantized(&plan, 0, values)
}

/// The Python that reads back: what `cargo xtask test` has found, else any with the packages.
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("BITBUDGET_READERS").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let has = Command::new(&python).args(["-c", "import gguf, safetensors, ml_dtypes"]).output();
    has.is_ok_and(|output| output.status.success()).then_some(python)
}

/// Every format of a container, as files, each with the values that a reader should find in them.
#[test]
fn readers_of_others_find_the_values_that_we_mean() {
    let Some(python) = python() else {
        println!("NOT RUN: no Python with the packages of tests/python/requirements.txt (BITBUDGET_READERS names one)");
        return;
    };
    let files = sample(&SHAPES);
    let checkpoint = opened(&files);
    let place = std::env::temp_dir().join(format!("bitbudget-written-{}", std::process::id()));
    for choice in CHOICES {
        let (save_as, setting) = read_choice(choice).unwrap();
        let targets = all_matrices(&checkpoint, setting, save_as);
        let saving = Saving::new(&checkpoint, &targets, save_as, None).unwrap();
        let folder = place.join(choice.replace('@', "-"));
        std::fs::create_dir_all(folder.join("expected")).unwrap();
        for (tensor, stored) in checkpoint.tensors.iter().enumerate() {
            // What became of it is in its first piece.
            let piece = saving.pieces.iter().find(|piece| piece.source == tensor).unwrap();
            let values = values(&checkpoint, &files, tensor, 0, stored.len());
            let expected = match &piece.content {
                Content::Codes(setting) | Content::Unsigned(setting) => quantized(*setting, stored.matrix(), &values),
                _ => values,
            };
            let bytes: Vec<u8> = expected.iter().flat_map(|x| x.to_le_bytes()).collect();
            std::fs::write(folder.join("expected").join(&stored.name), bytes).unwrap();
        }
        for (name, bytes) in written(&checkpoint, &files, saving) {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/read_back.py");
    let output = Command::new(python).arg(script).arg(&place).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    println!("{told}");
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains(&format!("{} folders", CHOICES.len())), "{told}");
    std::fs::remove_dir_all(place).unwrap();
}

#[test]
fn a_tensor_of_several_slices_is_what_it_is_at_once() {
    // More than a slice, which ends within a row.
    let files = sample(&[("w", &[1025, 1024])]);
    let checkpoint = opened(&files);
    let values = values(&checkpoint, &files, 0, 0, 1025 * 1024);
    for id in ["int8@row", "nvfp4"] {
        let setting = Setting::read(id).unwrap();
        let saving = Saving::new(&checkpoint, &[Target::To(setting)], SaveAs::Safetensors, None).unwrap();
        let order: Vec<String> =
            saving.files[0].tensors.iter().map(|place| saving.pieces[*place].entry.name.clone()).collect();
        let header = saving.files[0].header.len();
        let made = written(&checkpoint, &files, saving);
        let (plan, _, codes) = cpu::quantize(setting.quantizer(), 1025, 1024, &values, |_| {}).unwrap();
        let cpu::Packed { codes, scales, tensor_scales, .. } = cpu::packed(&plan, &values, &codes);
        let expected: Vec<u8> = order
            .iter()
            .flat_map(|name| match name.as_str() {
                "w" => codes.clone(),
                "w_scale" => scales.clone(),
                _ => tensor_scales.clone(),
            })
            .collect();
        assert!(made[0].1[header..] == expected, "{id}");
    }
}
