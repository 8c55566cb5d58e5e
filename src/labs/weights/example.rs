//! A made-up checkpoint, for readers without files of their own.

use crate::weights::{Distribution, Sample};
use std::fmt::Write as _;

/// Its name.
pub const NAME: &str = "made-up-1m.safetensors";

const WIDTH: usize = 128;
const INNER: usize = 352;
const VOCABULARY: usize = 2048;
const LAYERS: usize = 2;
/// The standard deviation of its matrices.
const STD: f64 = 0.02;

/// A tensor of it: its name and its sizes, and how its values are spread.
type Made = (String, Vec<usize>, Option<Distribution>);

/// Its tensors: those of a Llama of two layers. Values are drawn, not trained: normal as weights roughly are, with heavy tails in
/// one projection and outliers in another, where trained models tend to have them.
fn tensors() -> Vec<Made> {
    let normal = Some(Distribution::Normal);
    let mut all = vec![("model.embed_tokens.weight".to_owned(), vec![VOCABULARY, WIDTH], normal)];
    for layer in 0..LAYERS {
        let mut add = |name: &str, sizes: &[usize], distribution| {
            all.push((format!("model.layers.{layer}.{name}.weight"), sizes.to_vec(), distribution));
        };
        add("input_layernorm", &[WIDTH], None);
        for name in ["q_proj", "k_proj", "v_proj"] {
            add(&format!("self_attn.{name}"), &[WIDTH, WIDTH], normal);
        }
        add("self_attn.o_proj", &[WIDTH, WIDTH], Some(Distribution::StudentT));
        add("post_attention_layernorm", &[WIDTH], None);
        add("mlp.gate_proj", &[INNER, WIDTH], normal);
        add("mlp.up_proj", &[INNER, WIDTH], normal);
        add("mlp.down_proj", &[WIDTH, INNER], Some(Distribution::Outliers));
    }
    all.push(("model.norm.weight".to_owned(), vec![WIDTH], None));
    all.push(("lm_head.weight".to_owned(), vec![VOCABULARY, WIDTH], normal));
    all
}

/// The file: safetensors with BF16 values, the same bytes every time.
#[must_use]
pub fn file() -> Vec<u8> {
    let mut header = "{\"__metadata__\":{\"made_up\":\"drawn from a seed by Bitbudget, not trained\"}".to_owned();
    let mut data = Vec::new();
    for (seed, (name, sizes, distribution)) in (1..).zip(tensors()) {
        let start = data.len();
        let (rows, cols) = (sizes[..sizes.len() - 1].iter().product(), sizes[sizes.len() - 1]);
        let drawn = distribution.unwrap_or(Distribution::Normal);
        let values = Sample { distribution: drawn, seed, std: STD, rows, cols }.draw(|_| {});
        // The scales of norms are about one.
        let shift = if distribution.is_none() { 1.0 } else { 0.0 };
        data.extend(values.iter().flat_map(|value| bf16(value + shift)));
        let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
        _ = write!(
            header,
            ",\"{name}\":{{\"dtype\":\"BF16\",\"shape\":[{}],\"data_offsets\":[{start},{}]}}",
            sizes.join(","),
            data.len()
        );
    }
    header.push('}');
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

/// A finite value as BF16, rounded to nearest even.
fn bf16(value: f32) -> [u8; 2] {
    let bits = value.to_bits();
    (((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::FileInfo;
    use crate::weights::open::{Opening, Step};

    #[test]
    fn it_is_a_file_that_can_be_opened_and_has_about_a_million_parameters() {
        let file = file();
        let mut opening = Opening::new(vec![FileInfo { name: NAME.into(), len: file.len() as u64 }]);
        let mut bytes = Vec::new();
        let checkpoint = loop {
            match opening.next(&bytes).unwrap() {
                Step::Read(span) => bytes = file[span.start as usize..span.end as usize].to_vec(),
                Step::Done(checkpoint) => break checkpoint,
            }
        };
        assert_eq!(checkpoint.tensors.len(), 21);
        assert!((900_000..1_000_000).contains(&checkpoint.params()), "{}", checkpoint.params());
        assert_eq!(checkpoint.tensors.last().unwrap().span.end, file.len() as u64);
        assert_eq!(checkpoint.metadata.len(), 1);
    }

    #[test]
    fn values_are_rounded_as_the_format_rounds_them() {
        for value in [1.0, -0.02, 1.003_906_2, 1.011_718_8, 3.4e-3, 0.0, -1e-20] {
            let [low, high] = bf16(value);
            let back = f32::from_bits(u32::from_le_bytes([0, 0, low, high]));
            let neighbours = [-1i32, 1].map(|step| {
                let bits = i32::from(i16::from_le_bytes([low, high])) + step;
                f32::from_bits((bits as u32) << 16)
            });
            for other in neighbours.into_iter().filter(|other| other.is_finite()) {
                assert!((back - value).abs() <= (other - value).abs(), "{value} became {back}, and {other} is nearer");
            }
        }
        assert_eq!(bf16(1.003_906_2), [0x80, 0x3f], "half way to the next: the even one");
    }
}
