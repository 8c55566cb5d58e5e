//! What the kernels of blocks are given, word by word, and what is read back: the host's half of `blocks.wgsl` and of the
//! files that follow it, `codebook.wgsl`, `mx.wgsl`, `nvfp4.wgsl` and `ggml.wgsl`.
//!
//! A new row of the table needs no new shader: everything that sets it apart is in [`Work`].

use super::{layout, shaders};
use crate::compute::encoding::{Encoded, Encoding};
use crate::formats::codebook::Codebook;
use crate::formats::mx::{E2M1, E4M3FN, Element, ScaleRule};
use crate::formats::{Block, Cast, Float, Kind, Layout, NanRule, Overflow, bnb, ggml};
use crate::quantize::histogram::ordered_key;

/// Blocks that one workgroup takes.
const GROUP_BLOCKS: usize = 64;
/// Words of a uniform: the longest `Params`, rounded up to 16 bytes.
const PARAMS: usize = 20;

/// The kernels, one for each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shader {
    /// Places in a list of values.
    Codebook,
    /// Elements and a power of two.
    Mx,
    /// Elements and a float.
    Nvfp4,
    /// ggml's types without a search.
    Ggml,
}

impl Shader {
    /// Every kernel.
    pub const ALL: [Self; 4] = [Self::Codebook, Self::Mx, Self::Nvfp4, Self::Ggml];

    /// Its text, whole.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Codebook => shaders::codebook(),
            Self::Mx => shaders::mx(),
            Self::Nvfp4 => shaders::nvfp4(),
            Self::Ggml => shaders::ggml(),
        }
    }
}

/// A tensor's encoding as a kernel does it.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Which kernel.
    pub shader: Shader,
    /// The list that [`Shader::Codebook`] reads; empty for the others.
    pub list: Vec<u32>,
    /// Values of a block.
    pub block_size: usize,
    /// Bytes of a block's codes.
    code_bytes: usize,
    /// Bytes of a block's scale.
    scale_bytes: usize,
    /// What follows the shape in `Params`.
    facts: Vec<u32>,
}

impl Work {
    /// What the device is given; nothing for formats that are not for it.
    #[must_use]
    pub fn new(encoding: Encoding, tensor_scale: f32) -> Option<Self> {
        match encoding.format.kind {
            // Values by themselves, four to a word.
            Kind::Codebook(codebook) => Some(Self::of_codebook(codebook, 4, 0)),
            Kind::Block(Block { size, bytes, layout }) => match layout {
                Layout::Mx(element) => Some(Self::of_mx(element, size, encoding.scale_rule)),
                Layout::Nvfp4 { .. } => Some(Self::of_nvfp4(size, tensor_scale)),
                Layout::Bnb { codebook, .. } => Some(Self::of_codebook(codebook, size, 4)),
                Layout::Ggml { id, .. } => Self::of_ggml(id, size, bytes),
            },
            Kind::Float(_) | Kind::Integer(_) | Kind::Exponent(_) => None,
        }
    }

    fn of_codebook(codebook: &Codebook, block_size: usize, scale_bytes: usize) -> Self {
        let length = codebook.ascending.len();
        // With one zero, as in common.wgsl.
        let borders = (0..length - 1).map(|i| ordered_key((codebook.border(i) + 0.0).to_bits()));
        let codes = codebook.ascending.iter().map(|&code| code.into());
        Self {
            shader: Shader::Codebook,
            list: borders.chain(codes).collect(),
            block_size,
            code_bytes: block_size,
            scale_bytes,
            facts: vec![length as u32, u32::from(scale_bytes > 0), bnb::LEAST_AMAX.to_bits()],
        }
    }

    fn of_mx(element: Element, block_size: usize, rule: ScaleRule) -> Self {
        let (float, largest, zero_sign, fixed_point) = match element {
            Element::Float(float) => {
                let cast = saturating(float);
                (layout::float(&cast), cast.max_code, cast.zero_sign, 0)
            }
            Element::Int8 => ([0; 4], 127, 0, element.mantissa_bits()),
        };
        let rule = match rule {
            ScaleRule::Floor => 0,
            ScaleRule::Ceil => 1,
            ScaleRule::Even => 2,
            ScaleRule::Rceil => 3,
        };
        let mut facts = float.to_vec();
        let inverse_max = (1.0 / element.max()) as f32;
        facts.extend([rule, element.emax() as u32, inverse_max.to_bits(), fixed_point]);
        facts.extend([element.mantissa_bits(), largest, zero_sign]);
        Self { shader: Shader::Mx, list: Vec::new(), block_size, code_bytes: block_size, scale_bytes: 1, facts }
    }

    fn of_nvfp4(block_size: usize, tensor_scale: f32) -> Self {
        let (element, scale) = (saturating(E2M1), saturating(E4M3FN));
        let mut facts = [layout::float(&element), layout::float(&scale)].concat();
        let bits = |cast: &Cast, code| cast.decode(code);
        facts.extend([bits(&element, element.max_code), scale.min_normal_bits(), bits(&scale, scale.max_code)]);
        facts.extend([tensor_scale.to_bits(), (1.0 / tensor_scale).to_bits()]);
        Self { shader: Shader::Nvfp4, list: Vec::new(), block_size, code_bytes: block_size, scale_bytes: 1, facts }
    }

    /// The types whose codes follow from the block's largest or smallest value; those with a search are the CPU's.
    fn of_ggml(id: u32, block_size: usize, code_bytes: usize) -> Option<Self> {
        const CENTRED: u32 = 0;
        const SHIFTED: u32 = 1;
        const SIGNED: u32 = 2;
        let types = [
            (ggml::Q4_0.id, [CENTRED, 8, 0]),
            (ggml::Q4_1.id, [SHIFTED, 15, 0]),
            (ggml::Q5_0.id, [CENTRED, 16, 1]),
            (ggml::Q5_1.id, [SHIFTED, 31, 1]),
            (ggml::Q8_0.id, [SIGNED, 127, 0]),
        ];
        let (_, facts) = types.into_iter().find(|row| row.0 == id)?;
        let facts = facts.to_vec();
        Some(Self { shader: Shader::Ggml, list: Vec::new(), block_size, code_bytes, scale_bytes: 0, facts })
    }

    /// `Params` for so many blocks.
    #[must_use]
    pub fn params(&self, blocks: usize) -> [u32; PARAMS] {
        let mut words = [0; PARAMS];
        words[..3].copy_from_slice(&[blocks, self.block_size, self.block_words()].map(|n| n as u32));
        words[4..][..self.facts.len()].copy_from_slice(&self.facts);
        words
    }

    /// Words that a block takes on the GPU: its codes, then its scale.
    #[must_use]
    pub fn block_words(&self) -> usize {
        self.code_bytes.div_ceil(4) + self.scale_bytes.div_ceil(4)
    }

    /// Values per submit: whole blocks.
    #[must_use]
    pub const fn submit_values(&self) -> usize {
        layout::SUBMIT_VALUES / self.block_size * self.block_size
    }

    /// Workgroups for so many blocks.
    #[must_use]
    pub const fn groups(blocks: usize) -> u32 {
        blocks.div_ceil(GROUP_BLOCKS) as u32
    }

    /// Appends what the kernel wrote for `values` values.
    pub fn read(&self, words: &[u32], values: usize, encoded: &mut Encoded) {
        let end = encoded.codes.len() + values;
        for block in words.chunks_exact(self.block_words()) {
            let (codes, scale) = block.split_at(self.code_bytes.div_ceil(4));
            let bytes = |words: &[u32], n| words.iter().flat_map(|word| word.to_le_bytes()).take(n).collect::<Vec<_>>();
            encoded.codes.extend(bytes(codes, self.code_bytes));
            encoded.scales.extend(bytes(scale, self.scale_bytes));
        }
        if self.shader != Shader::Ggml {
            encoded.codes.truncate(end);
        }
    }
}

const fn saturating(float: Float) -> Cast {
    Cast::new(float, Overflow::Saturate, NanRule::Quiet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::FORMATS;

    fn all() -> impl Iterator<Item = (&'static str, Work)> {
        FORMATS.iter().filter_map(|format| {
            Work::new(Encoding { format, scale_rule: ScaleRule::Even }, 1.0).map(|work| (format.id, work))
        })
    }

    #[test]
    fn params_are_as_long_as_the_longest_of_the_shaders_structs() {
        let spans = Shader::ALL.map(|shader| shaders::tests::params_bytes(&shader.text()));
        assert!(spans.into_iter().all(|span| span <= 4 * PARAMS), "{spans:?}");
        for (id, work) in all() {
            let span = shaders::tests::params_bytes(&work.shader.text());
            assert!(4 * (4 + work.facts.len()) <= span, "{id} has facts that its shader does not read");
        }
    }

    #[test]
    fn the_gpu_takes_every_codebook_and_every_block_without_a_search() {
        let ids: Vec<&str> = all().map(|(id, _)| id).collect();
        let known = "nf4 bnb_fp4 dynamic8 iq4_nl_table mxfp8_e4m3 mxfp8_e5m2 mxfp6_e3m2 mxfp6_e2m3 mxfp4 mxint8 nvfp4 \
                     nvfp4_one_level bnb_nf4_block bnb_nf4_double bnb_fp4_block bnb_fp4_double q4_0 q4_1 q5_0 q5_1 q8_0";
        for id in known.split(' ') {
            assert!(ids.contains(&id), "{id}");
        }
        assert!(!ids.contains(&"q4_k"));
    }

    #[test]
    fn a_submit_stays_within_the_default_limits() {
        for (id, work) in all() {
            let blocks = work.submit_values() / work.block_size;
            assert!(Work::groups(blocks) <= 65_535, "{id}");
            assert!(4 * work.submit_values() <= 128 << 20 && 4 * blocks * work.block_words() <= 128 << 20, "{id}");
        }
    }

    #[test]
    fn what_fills_up_the_last_block_is_not_read_back() {
        let (_, work) = all().find(|(id, _)| *id == "mxfp4").unwrap();
        let mut words = vec![0x0403_0201; 9];
        words[8] = 127;
        let mut encoded = Encoded::default();
        work.read(&words, 6, &mut encoded);
        assert_eq!((encoded.codes, encoded.scales), (vec![1, 2, 3, 4, 1, 2], vec![127]));
    }
}
