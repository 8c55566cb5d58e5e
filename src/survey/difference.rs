//! Two checkpoints side by side: base and fine-tuned, original and quantized.

use super::Place;
use crate::weights::{Checkpoint, Stored};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the values b of one tensor differ from the values a of another, over the pairs of which both are finite. Slices add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Pairs of finite values.
    pub n: u64,
    /// Pairs of which at least one is NaN or infinite; the sums leave them out.
    pub special: u64,
    /// Pairs that are not the same number; of special ones, those of different bits.
    pub changed: u64,
    /// Σ (b − a)²
    pub d2: f64,
    /// Σ a²
    pub a2: f64,
    /// Σ b²
    pub b2: f64,
    /// Σ a·b
    pub ab: f64,
    /// max |b − a|
    pub max_abs: f64,
}

/// Sums that are independent of each other.
const LANES: usize = 8;

impl Difference {
    /// That of a slice of both tensors. What one has more of is left out.
    #[must_use]
    pub fn of(a: &[f32], b: &[f32]) -> Self {
        let n = a.len().min(b.len());
        let ((a, rest_a), (b, rest_b)) = (a[..n].as_chunks::<LANES>(), b[..n].as_chunks::<LANES>());
        let mut lanes = [Self::default(); LANES];
        for (a, b) in a.iter().zip(b) {
            for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
                lane.count(*a, *b);
            }
        }
        let mut sum = Self::default();
        rest_a.iter().zip(rest_b).for_each(|(a, b)| sum.count(*a, *b));
        lanes.iter().for_each(|lane| sum.add(lane));
        sum
    }

    #[inline(always)]
    fn count(&mut self, a: f32, b: f32) {
        if !(a.is_finite() && b.is_finite()) {
            self.special += 1;
            self.changed += u64::from(a.to_bits() != b.to_bits());
            return;
        }
        let (a, b) = (f64::from(a), f64::from(b));
        let d = b - a;
        self.n += 1;
        self.changed += u64::from(d != 0.0);
        self.d2 += d * d;
        self.a2 += a * a;
        self.b2 += b * b;
        self.ab += a * b;
        self.max_abs = self.max_abs.max(d.abs());
    }

    /// Adds that of another slice.
    pub fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.special += other.special;
        self.changed += other.changed;
        self.d2 += other.d2;
        self.a2 += other.a2;
        self.b2 += other.b2;
        self.ab += other.ab;
        self.max_abs = self.max_abs.max(other.max_abs);
    }

    /// ‖b − a‖/‖a‖; nothing if all a are zero.
    #[must_use]
    pub fn relative_error(&self) -> Option<f64> {
        (self.a2 > 0.0).then(|| libm::sqrt(self.d2 / self.a2))
    }

    /// Σab/√(Σa²·Σb²): 1 of tensors that point the same way; nothing if all of one are zero.
    #[must_use]
    pub fn cosine(&self) -> Option<f64> {
        let size = libm::sqrt(self.a2 * self.b2);
        (size > 0.0).then(|| (self.ab / size).clamp(-1.0, 1.0))
    }

    /// 10·log₁₀(Σa²/Σ(b − a)²) dB; nothing without difference or without signal.
    #[must_use]
    pub fn sqnr_db(&self) -> Option<f64> {
        (self.d2 > 0.0 && self.a2 > 0.0).then(|| 10.0 * libm::log10(self.a2 / self.d2))
    }

    /// √(Σ(b − a)²/n)
    #[must_use]
    pub fn rms(&self) -> f64 {
        libm::sqrt(self.d2 / (self.n as f64).max(1.0))
    }

    /// The share of values that changed, 0..=1.
    #[must_use]
    pub fn changed_share(&self) -> f64 {
        self.changed as f64 / ((self.n + self.special) as f64).max(1.0)
    }
}

/// Which tensors of two checkpoints belong together. Numbers are places in their lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// Tensors of one shape in both, in the order of the first checkpoint.
    pub both: Vec<Pair>,
    /// Tensors of one name whose shapes differ.
    pub other_shape: Vec<(u32, u32)>,
    /// Tensors of the first checkpoint alone.
    pub only_first: Vec<u32>,
    /// Tensors of the second alone.
    pub only_second: Vec<u32>,
}

/// A tensor in both checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// In the first.
    pub first: u32,
    /// In the second.
    pub second: u32,
    /// Whether their names differ and only say the same ([`Place`]), as those of transformers and of GGUF do. Of Llama and
    /// Mistral, llama.cpp's converter has the rows of `attn_q` and `attn_k` in another order.
    pub is_renamed: bool,
}

impl Pairs {
    /// Finds them: by their names, and what is left by what the names say.
    #[must_use]
    pub fn of(first: &Checkpoint, second: &Checkpoint) -> Self {
        let by_name: BTreeMap<&str, u32> =
            (0..).zip(&second.tensors).map(|(i, tensor)| (tensor.name.as_str(), i)).collect();
        let mut is_taken = vec![false; second.tensors.len()];
        let mut partner: Vec<Option<(u32, bool)>> = Vec::with_capacity(first.tensors.len());
        for tensor in &first.tensors {
            let found = by_name.get(tensor.name.as_str()).copied();
            if let Some(i) = found {
                is_taken[i as usize] = true;
            }
            partner.push(found.map(|i| (i, false)));
        }
        // A name that several have, as experts by themselves do, says too little.
        let of_second = alone((0..).zip(&second.tensors).filter(|(i, _)| !is_taken[*i as usize]));
        let of_first = alone((0..).zip(&first.tensors).filter(|(i, _)| partner[*i as usize].is_none()));
        for (place, i) in of_first {
            if let Some(j) = of_second.get(&place) {
                is_taken[*j as usize] = true;
                partner[i as usize] = Some((*j, true));
            }
        }
        let mut pairs = Self::default();
        for (i, (tensor, partner)) in (0..).zip(first.tensors.iter().zip(partner)) {
            match partner {
                None => pairs.only_first.push(i),
                Some((j, is_renamed)) if second.tensors[j as usize].shape == tensor.shape => {
                    pairs.both.push(Pair { first: i, second: j, is_renamed });
                }
                Some((j, _)) => pairs.other_shape.push((i, j)),
            }
        }
        pairs.only_second = (0..).zip(is_taken).filter(|(_, is_taken)| !is_taken).map(|(i, _)| i).collect();
        pairs
    }
}

/// The tensors whose place no other has.
fn alone<'a>(tensors: impl Iterator<Item = (u32, &'a Stored)>) -> BTreeMap<Place, u32> {
    let mut found: BTreeMap<Place, Option<u32>> = BTreeMap::new();
    for (i, tensor) in tensors {
        found.entry(Place::of(&tensor.name)).and_modify(|i| *i = None).or_insert(Some(i));
    }
    found.into_iter().filter_map(|(place, i)| Some((place, i?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::test_support::{checkpoint, tensor};
    use proptest::prelude::*;

    #[test]
    fn figures_are_those_of_their_definitions() {
        let of = Difference::of(&[3.0, 4.0, f32::NAN, f32::NAN, 1.0], &[3.0, 3.0, f32::NAN, 1.0, f32::INFINITY]);
        assert_eq!((of.n, of.special, of.changed), (2, 3, 3));
        assert_eq!((of.d2, of.a2, of.b2, of.ab, of.max_abs), (1.0, 25.0, 18.0, 21.0, 1.0));
        assert_eq!((of.relative_error(), of.changed_share()), (Some(0.2), 0.6));
        assert!((of.cosine().unwrap() - 21.0 / 450f64.sqrt()).abs() < 1e-15);
        assert!((of.sqnr_db().unwrap() - 13.979_400_086_720_377).abs() < 1e-12);
        assert_eq!(of.rms(), 0.5f64.sqrt());
        let same = Difference::of(&[1.0, -2.0], &[1.0, -2.0]);
        assert_eq!((same.changed, same.sqnr_db(), same.cosine()), (0, None, Some(1.0)));
        let nothing = Difference::of(&[0.0], &[1.0]);
        assert_eq!((nothing.relative_error(), nothing.cosine(), nothing.sqnr_db()), (None, None, None));
    }

    proptest! {
        #[test]
        fn slices_add_up(a in prop::collection::vec(-1f32..1.0, 50), b in prop::collection::vec(-1f32..1.0, 50), at in 0usize..50) {
            let whole = Difference::of(&a, &b);
            let mut parts = Difference::of(&a[..at], &b[..at]);
            parts.add(&Difference::of(&a[at..], &b[at..]));
            prop_assert_eq!((whole.n, whole.changed, whole.max_abs), (parts.n, parts.changed, parts.max_abs));
            for (x, y) in [(whole.d2, parts.d2), (whole.a2, parts.a2), (whole.b2, parts.b2)] {
                prop_assert!((x - y).abs() <= 1e-12 * x);
            }
            let simply: f64 = a.iter().zip(&b).map(|(a, b)| (f64::from(*b) - f64::from(*a)).powi(2)).sum();
            prop_assert!((whole.d2 - simply).abs() <= 1e-12 * simply);
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
        let pair = |first, second, is_renamed| Pair { first, second, is_renamed };
        assert_eq!(pairs.both, [pair(0, 3, true), pair(1, 0, false)]);
        assert_eq!(pairs.other_shape, [(4, 2)]);
        assert_eq!(pairs.only_first, [2, 3, 5]);
        assert_eq!(pairs.only_second, [1, 4]);
        let same = Pairs::of(&first, &first);
        assert_eq!((same.both.len(), same.only_first.len(), same.only_second.len()), (6, 0, 0));
    }
}
