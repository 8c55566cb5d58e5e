//! Six questions with numbers of a seed: the same seed asks the same.

use super::{Ask, Guess, Shows};
use crate::labs::Lab;
use std::borrow::Cow;

/// SplitMix64 (Steele, Lea & Flood 2014): enough for choosing.
struct Seeded(u64);

impl Seeded {
    /// One of these.
    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        of[((z ^ (z >> 31)) % of.len() as u64) as usize]
    }
}

/// What a format makes of a number, as the Formats lab reports it.
const KINDS: Guess = Guess::Choice(&[
    ("normal", "a number near it, or itself"),
    ("overflowed", "infinity"),
    ("saturated", "its largest number"),
    ("zero", "zero"),
]);

/// Numbers and formats whose outcome is one of [`KINDS`]: id and name of the format, the number as typed and as read.
const CASTS: [(&str, &str, &str, &str); 8] = [
    ("fp16", "FP16", "100000", "100 000"),
    ("bf16", "BF16", "100000", "100 000"),
    ("fp16", "FP16", "65000", "65 000"),
    ("fp16", "FP16", "1e-9", "10⁻⁹"),
    ("bf16", "BF16", "1e-9", "10⁻⁹"),
    ("bf16", "BF16", "1e39", "10³⁹"),
    ("int8", "INT8, without a scale,", "300", "300"),
    ("fp32", "FP32", "1e30", "10³⁰"),
];

/// The six questions of a seed.
#[must_use]
pub fn quiz(seed: u32) -> Vec<Ask> {
    let mut seeded = Seeded(u64::from(seed));
    let (format, bytes) = seeded.one(&[("FP32", "4 bytes"), ("BF16", "2 bytes"), ("INT8", "1 byte")]);
    let size = seeded.one(&["1.3", "2", "3", "6.7", "9", "13", "32", "70"]);
    let weights = ask(
        format!("How many GB are the weights of {size} billion parameters in {format}?"),
        Guess::Number("GB", 1e9),
        "weights_bytes",
        (
            Lab::Memory,
            format!("task=run&params={size}e9&engine=ideal&gpu=t4&precision={}", format.to_ascii_lowercase()),
        ),
        format!("{format} is {bytes}: {size} billion × {bytes} = {{weights_bytes:GB}}."),
        1,
    );

    let context = seeded.one(&[("16 384", 16_384), ("32 768", 32_768), ("65 536", 65_536)]);
    let cache = ask(
        format!("With 8192 tokens the KV cache of Llama 3.1 8B takes 1.07 GB. How many GB with {} tokens?", context.0),
        Guess::Number("GB", 1e9),
        "kv_bytes",
        (Lab::Memory, format!("task=run&precision=bf16&context={}", context.1)),
        format!("{} times the tokens, {0} times the cache: {{kv_bytes:GB}}.", context.1 / 8192),
        2,
    );

    let (id, name, typed, shown) = seeded.one(&CASTS);
    let cast = ask(
        format!("What does {shown} become in {name}?"),
        KINDS,
        "formats.0.kind",
        (Lab::Formats, format!("formats={id}&x={typed}")),
        "FP16 reaches from 6 × 10⁻⁸ to 65 504, BF16 as far as FP32, to 3 × 10³⁸; INT8 from −128 to 127 times its scale.".to_owned(),
        3,
    );

    let size = seeded.one(&["0.5", "1.5", "2", "3", "8", "13"]);
    let train = ask(
        format!("How many GB does it take to train all of {size} billion parameters in FP32, activations included?"),
        Guess::Number("GB", 1e9),
        "total_bytes",
        (Lab::Memory, format!("params={size}e9")),
        format!("{size} billion × {{total_bytes/params_total}} bytes = {{total_bytes:GB}}."),
        4,
    );

    let gpu = seeded.one(&[
        ("rtx-4090", "RTX 4090 of 24 GB"),
        ("a100-80gb-sxm4", "A100 of 80 GB"),
        ("h200-sxm-141gb", "H200 of 141 GB"),
    ]);
    let size = seeded.one(&["0.5", "1", "2", "3", "4", "5", "7"]);
    let fits = ask(
        format!("Can all of {size} billion parameters be trained in FP32 on one {}?", gpu.1),
        Guess::Choice(&[("true", "yes, it fits"), ("false", "no, it does not fit")]),
        "fits",
        (Lab::Memory, format!("params={size}e9&gpu={}", gpu.0)),
        "It takes {total_bytes/params_total} bytes a parameter, {total_bytes:GB}.".to_owned(),
        4,
    );

    let size = seeded.one(&["1", "3", "7", "13", "34", "70", "400"]);
    let tokens = ask(
        format!("By Chinchilla’s rule, how many billion tokens does a model of {size} billion parameters want?"),
        Guess::Number("billion tokens", 1e9),
        "tokens",
        (Lab::Scaling, format!("given=params&params={size}e9&law=chinchilla-20")),
        format!("{size} billion × {{tokens_per_param}} = {{tokens:count}}."),
        5,
    );
    vec![weights, cache, cast, train, fits, tokens]
}

fn ask(
    question: String,
    guess: Guess,
    answer: &'static str,
    (lab, link): (Lab, String),
    why: String,
    back: usize,
) -> Ask {
    let shows = Shows { lab, link: Cow::from(link), figure: 0 };
    let takeaway = Cow::from("");
    Ask { question: question.into(), guess, answer, shows, why: why.into(), changes: &[], takeaway, back: Some(back) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_asks_the_same_and_another_asks_something_else() {
        let questions = |seed| quiz(seed).into_iter().map(|ask| ask.question.into_owned()).collect::<Vec<_>>();
        assert_eq!(questions(7), questions(7));
        assert_ne!(questions(7), questions(8));
        assert_eq!(questions(7).len(), 6);
    }
}
