//! Two checkpoints side by side: base and fine-tuned, original and quantized.
//!
//! The other checkpoint is to a tensor what a format is: it leaves q of every value x. So its [`Errors`] are those of a format, and
//! stand behind them.

use super::{Errors, Place};
use crate::weights::checkpoint::Container;
use crate::weights::{Checkpoint, Dtype, Stored};
use std::collections::BTreeMap;

/// How the values q of the other checkpoint differ from the values x of a tensor. Slices add up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Difference {
    /// Σ(q − x)², max |q − x| and the rest: over the pairs of which both are finite. An x that is finite overflows where q is not.
    pub errors: Errors,
    /// Pairs that are not the same number; of NaN, those of different bits.
    pub changed: u64,
}

/// Sums that are independent of each other.
const LANES: usize = 4;
/// Pairs that are looked at together.
const BLOCK: usize = 1024;

impl Difference {
    /// That of a slice of both tensors, which have as many values.
    #[must_use]
    pub fn of(x: &[f32], q: &[f32]) -> Self {
        let mut sum = Self::default();
        for (x, q) in x.chunks(BLOCK).zip(q.chunks(BLOCK)) {
            let are_finite = x.iter().chain(q).fold(true, |all, value| all & value.is_finite());
            if are_finite {
                sum.add(&Self::of_finite(x, q));
            } else {
                x.iter().zip(q).for_each(|(x, q)| sum.count(*x, *q));
            }
        }
        sum
    }

    fn of_finite(x: &[f32], q: &[f32]) -> Self {
        let ((fours, rest), (q_fours, q_rest)) = (x.as_chunks::<LANES>(), q.as_chunks::<LANES>());
        let (mut e2, mut x2, mut max) = ([0.0f64; LANES], [0.0f64; LANES], [0.0f64; LANES]);
        let (mut changed, mut flushed) = ([0u32; LANES], [0u32; LANES]);
        for (x, q) in fours.iter().zip(q_fours) {
            for lane in 0..LANES {
                let (x, q) = (f64::from(x[lane]), f64::from(q[lane]));
                let e = q - x;
                e2[lane] += e * e;
                x2[lane] += x * x;
                max[lane] = if e.abs() > max[lane] { e.abs() } else { max[lane] };
                changed[lane] += u32::from(e != 0.0);
                flushed[lane] += u32::from(q == 0.0 && e != 0.0);
            }
        }
        let errors = Errors {
            measured: (LANES * fours.len()) as u64,
            flushed: flushed.iter().sum::<u32>().into(),
            e2: e2.iter().sum(),
            x2: x2.iter().sum(),
            max_abs_error: max.into_iter().fold(0.0, f64::max) as f32,
            ..Errors::default()
        };
        let mut sum = Self { errors, changed: changed.iter().sum::<u32>().into() };
        rest.iter().zip(q_rest).for_each(|(x, q)| sum.count(*x, *q));
        sum
    }

    fn count(&mut self, x: f32, q: f32) {
        let errors = &mut self.errors;
        if !(x.is_finite() && q.is_finite()) {
            errors.overflowed += u64::from(x.is_finite());
            self.changed += u64::from(x.to_bits() != q.to_bits());
            return;
        }
        let (x, q) = (f64::from(x), f64::from(q));
        let e = q - x;
        errors.measured += 1;
        errors.e2 += e * e;
        errors.x2 += x * x;
        errors.max_abs_error = errors.max_abs_error.max(e.abs() as f32);
        errors.flushed += u64::from(q == 0.0 && e != 0.0);
        self.changed += u64::from(e != 0.0);
    }

    /// Adds that of another slice.
    pub fn add(&mut self, other: &Self) {
        self.errors.add(&other.errors);
        self.changed += other.changed;
    }
}

/// Which tensors of two checkpoints belong together. Numbers are places in their lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// What belongs to each tensor of the first, in their order.
    of_first: Vec<Partner>,
    /// Tensors of the second that belong to none.
    pub only_second: Vec<u32>,
}

/// What belongs to a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partner {
    /// Nothing.
    None,
    /// A tensor whose values can be compared.
    Same {
        /// Which.
        second: u32,
        /// Whether their names differ and only say the same ([`Place`]), as those of transformers and of GGUF do.
        is_renamed: bool,
    },
    /// One of another shape.
    OtherShape(u32),
    /// One whose values llama.cpp's converter has put into another order.
    OtherOrder(u32),
    /// One of codes, here or there, whose scales are a tensor of their own.
    Codes(u32),
}

/// What llama.cpp's converter puts into another order without another shape, by architecture: of `attn_q` and `attn_k` the two halves
/// of a head become pairs; `attn_qkv` is regrouped; GPT-2's `attn_output` is transposed.
///
/// Source: <https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py>, `permute` and the classes that call it or
/// inherit it; `modify_tensors` of GPT-NeoX, BLOOM, Falcon and GPT-2.
const REORDERED: [(&[&str], &[&str]); 3] = [
    (
        &[".attn_q.", ".attn_k."],
        &[
            "llama",
            "llama-embed",
            "deci",
            "minicpm",
            "deepseek",
            "llada",
            "granite",
            "granitemoe",
            "granitehybrid",
            "smollm3",
            "arcee",
            "olmo",
            "xverse",
        ],
    ),
    (&[".attn_qkv."], &["gptneox", "bloom", "falcon"]),
    (&[".attn_output.weight"], &["gpt2"]),
];

/// What the names of scales end in, beside a tensor of codes `X.weight`: compressed-tensors, DeepSeek's FP8. Bitsandbytes has `X.SCB`.
const SCALES: [&str; 2] = ["_scale", "_scale_inv"];

impl Pairs {
    /// Finds them: by their names, and what is left by what the names say.
    #[must_use]
    pub fn of(first: &Checkpoint, second: &Checkpoint) -> Self {
        let (names, by_name) = (by_name(first), by_name(second));
        let mut is_taken = vec![false; second.tensors.len()];
        let mut found: Vec<Option<(u32, bool)>> = Vec::with_capacity(first.tensors.len());
        for tensor in &first.tensors {
            let same = by_name.get(tensor.name.as_str()).copied();
            if let Some(i) = same {
                is_taken[i as usize] = true;
            }
            found.push(same.map(|i| (i, false)));
        }
        // A name that several have, as experts by themselves do, says too little.
        let of_second = alone((0..).zip(&second.tensors).filter(|(i, _)| !is_taken[*i as usize]));
        let of_first = alone((0..).zip(&first.tensors).filter(|(i, _)| found[*i as usize].is_none()));
        for (place, i) in of_first {
            if let (Some(i), Some(Some(j))) = (i, of_second.get(&place)) {
                is_taken[*j as usize] = true;
                found[i as usize] = Some((*j, true));
            }
        }
        // Arrays by themselves have the names of their files.
        if let ([_], [_], [partner @ None]) = (&*first.tensors, &*second.tensors, &mut *found) {
            (*partner, is_taken[0]) = (Some((0, true)), true);
        }
        let is_reordered = |tensor: &Stored, other: &Stored| {
            is_reordered(first, tensor) && !is_gguf(second) || is_reordered(second, other) && !is_gguf(first)
        };
        let are_codes = |tensor: &Stored, other: &Stored| {
            are_codes(tensor, &|name| names.contains_key(name)) || are_codes(other, &|name| by_name.contains_key(name))
        };
        let partner = |(tensor, found): (&Stored, Option<(u32, bool)>)| match found {
            None => Partner::None,
            Some((second_place, is_renamed)) => match &second.tensors[second_place as usize] {
                other if other.shape != tensor.shape => Partner::OtherShape(second_place),
                other if is_reordered(tensor, other) => Partner::OtherOrder(second_place),
                other if are_codes(tensor, other) => Partner::Codes(second_place),
                _ => Partner::Same { second: second_place, is_renamed },
            },
        };
        let of_first = first.tensors.iter().zip(found).map(partner).collect();
        let only_second = (0..).zip(is_taken).filter(|(_, is_taken)| !is_taken).map(|(i, _)| i).collect();
        Self { of_first, only_second }
    }

    /// What belongs to a tensor of the first.
    #[must_use]
    pub fn partner(&self, first: u32) -> Partner {
        self.of_first.get(first as usize).copied().unwrap_or(Partner::None)
    }

    /// What belongs to each tensor of the first.
    pub fn partners(&self) -> impl Iterator<Item = Partner> {
        self.of_first.iter().copied()
    }
}

const fn is_gguf(checkpoint: &Checkpoint) -> bool {
    matches!(checkpoint.container, Container::Gguf(_))
}

/// Whether llama.cpp's converter has put the values of a tensor into another order.
fn is_reordered(checkpoint: &Checkpoint, tensor: &Stored) -> bool {
    let architecture = checkpoint.metadata.iter().find(|(key, _)| key == "general.architecture");
    is_gguf(checkpoint)
        && architecture.is_some_and(|(_, architecture)| {
            REORDERED.iter().any(|(parts, architectures)| {
                architectures.contains(&architecture.as_str()) && parts.iter().any(|part| tensor.name.contains(part))
            })
        })
}

/// Whether what a tensor holds are codes that mean something beside scales.
fn are_codes(tensor: &Stored, is_there: &dyn Fn(&str) -> bool) -> bool {
    if !matches!(tensor.dtype, Dtype::Number(_) | Dtype::Blocks(_) | Dtype::Fp64) {
        return true;
    }
    let stem = tensor.name.strip_suffix(".weight").unwrap_or(&tensor.name);
    SCALES.iter().any(|end| is_there(&format!("{}{end}", tensor.name))) || is_there(&format!("{stem}.SCB"))
}

fn by_name(checkpoint: &Checkpoint) -> BTreeMap<&str, u32> {
    (0..).zip(&checkpoint.tensors).map(|(i, tensor)| (tensor.name.as_str(), i)).collect()
}

/// The tensors by their place; none of a place that several have.
fn alone<'a>(tensors: impl Iterator<Item = (u32, &'a Stored)>) -> BTreeMap<Place, Option<u32>> {
    let mut found: BTreeMap<Place, Option<u32>> = BTreeMap::new();
    for (i, tensor) in tensors {
        found.entry(Place::of(&tensor.name)).and_modify(|i| *i = None).or_insert(Some(i));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::test_support::{checkpoint, tensor};
    use proptest::prelude::*;

    #[test]
    fn figures_are_those_of_their_definitions() {
        let special = [f32::NAN, f32::NAN, 1.0];
        let of = Difference::of(
            &[[3.0, 4.0].as_slice(), &special].concat(),
            &[[3.0, 3.0].as_slice(), &[f32::NAN, 1.0, f32::INFINITY]].concat(),
        );
        let Difference { errors, changed } = of;
        assert_eq!((errors.measured, errors.overflowed, errors.flushed, changed), (2, 1, 0, 3));
        assert_eq!((errors.e2, errors.x2, errors.max_abs_error), (1.0, 25.0, 1.0));
        assert_eq!(errors.decibels(), f64::NEG_INFINITY, "what became infinite");
        let same = Difference::of(&[1.0, -2.0, -0.0], &[1.0, -2.0, 0.0]);
        assert_eq!((same.changed, same.errors.decibels()), (0, f64::INFINITY));
        let flushed = Difference::of(&[1e-9, 0.0, 1.0], &[0.0, 0.0, 1.0]);
        assert_eq!((flushed.changed, flushed.errors.flushed), (1, 1));
    }

    proptest! {
        #[test]
        fn slices_add_up_to_the_simplest_sums(
            pairs in prop::collection::vec((-1f32..1.0, -1f32..1.0, 0u8..40), 0..3000),
            at in 0usize..3000,
        ) {
            let odd = [0.0, f32::NAN, f32::INFINITY];
            let q = |(x, q, which): &(f32, f32, u8)| match which { 0..3 => odd[*which as usize], 3..9 => *x, _ => *q };
            let (x, q): (Vec<f32>, Vec<f32>) = (pairs.iter().map(|pair| pair.0).collect(), pairs.iter().map(q).collect());
            let at = at.min(x.len());
            let whole = Difference::of(&x, &q);
            let mut parts = Difference::of(&x[..at], &q[..at]);
            parts.add(&Difference::of(&x[at..], &q[at..]));
            let mut simply = Difference::default();
            x.iter().zip(&q).for_each(|(x, q)| simply.count(*x, *q));
            for one in [whole, parts] {
                let (a, b) = (one.errors, simply.errors);
                prop_assert_eq!((one.changed, a.measured, a.overflowed, a.flushed), (simply.changed, b.measured, b.overflowed, b.flushed));
                prop_assert_eq!(a.max_abs_error, b.max_abs_error);
                prop_assert!((a.e2 - b.e2).abs() <= 1e-12 * b.e2 && (a.x2 - b.x2).abs() <= 1e-12 * b.x2);
            }
        }
    }

    #[test]
    fn tensors_are_paired_by_name_and_else_by_what_it_says() {
        let first = checkpoint(vec![
            tensor("model.layers.0.self_attn.q_proj.weight", &[4, 4]),
            tensor("same", &[2, 2]),
            tensor("model.layers.0.mlp.experts.0.w1.weight", &[2, 2]),
            tensor("model.layers.0.mlp.experts.1.w1.weight", &[2, 2]),
            tensor("other", &[2, 3]),
            tensor("gone", &[1]),
        ]);
        let second = checkpoint(vec![
            tensor("same", &[2, 2]),
            tensor("blk.0.ffn_gate_exps.weight", &[2, 2, 2]),
            tensor("other", &[3, 2]),
            tensor("blk.0.attn_q.weight", &[4, 4]),
            tensor("new", &[1]),
        ]);
        let pairs = Pairs::of(&first, &second);
        let expected = [
            Partner::Same { second: 3, is_renamed: true },
            Partner::Same { second: 0, is_renamed: false },
            Partner::None,
            Partner::None,
            Partner::OtherShape(2),
            Partner::None,
        ];
        assert_eq!(pairs.partners().collect::<Vec<_>>(), expected);
        assert_eq!((pairs.partner(4), pairs.partner(99)), (Partner::OtherShape(2), Partner::None));
        assert_eq!(pairs.only_second, [1, 4]);
        let same = Pairs::of(&first, &first);
        assert!(same.partners().all(|partner| matches!(partner, Partner::Same { is_renamed: false, .. })));
        assert!(same.only_second.is_empty());
    }

    #[test]
    fn what_the_converter_permutes_is_not_compared_with_what_it_was() {
        let first = checkpoint(vec![
            tensor("model.layers.0.self_attn.q_proj.weight", &[4, 4]),
            tensor("model.layers.0.self_attn.v_proj.weight", &[4, 4]),
        ]);
        let named = |architecture: &str| Checkpoint {
            container: Container::Gguf(3),
            metadata: vec![("general.architecture".to_owned(), architecture.to_owned())],
            ..checkpoint(vec![tensor("blk.0.attn_q.weight", &[4, 4]), tensor("blk.0.attn_v.weight", &[4, 4])])
        };
        let (llama, qwen) = (named("llama"), named("qwen2"));
        let is_reordered = |a: &Checkpoint, b: &Checkpoint| {
            Pairs::of(a, b).partners().map(|partner| matches!(partner, Partner::OtherOrder(_))).collect::<Vec<_>>()
        };
        assert_eq!(is_reordered(&first, &llama), [true, false]);
        assert_eq!(is_reordered(&llama, &first), [true, false]);
        assert_eq!(is_reordered(&first, &qwen), [false, false]);
        assert_eq!(is_reordered(&llama, &llama), [false, false]);
    }

    #[test]
    fn codes_are_not_compared_with_what_they_stand_for() {
        let names = |scale: &str| {
            checkpoint(vec![tensor("a.weight", &[4, 4]), tensor(scale, &[4, 1]), tensor("b.weight", &[4, 4])])
        };
        let plain = names("norm.weight");
        for scale in ["a.weight_scale", "a.weight_scale_inv", "a.SCB"] {
            let of = |a: &Checkpoint, b: &Checkpoint| Pairs::of(a, b).partner(0);
            assert_eq!(of(&plain, &names(scale)), Partner::Codes(0), "{scale}");
            assert_eq!(of(&names(scale), &plain), Partner::Codes(0), "{scale}");
            assert!(matches!(Pairs::of(&plain, &names(scale)).partner(2), Partner::Same { .. }));
        }
        let mut integers = plain.clone();
        integers.tensors[0].dtype = Dtype::Integer { bits: 8, is_signed: true };
        assert_eq!(Pairs::of(&plain, &integers).partner(0), Partner::Codes(0));
    }

    #[test]
    fn two_arrays_belong_together_whatever_their_files_are_called() {
        let one = |name: &str, shape: &[u64]| checkpoint(vec![tensor(name, shape)]);
        let pairs = Pairs::of(&one("w", &[2, 2]), &one("w_q", &[2, 2]));
        assert_eq!(pairs.partner(0), Partner::Same { second: 0, is_renamed: true });
        assert!(pairs.only_second.is_empty());
        assert_eq!(Pairs::of(&one("w", &[2, 2]), &one("w_q", &[4])).partner(0), Partner::OtherShape(0));
    }
}
