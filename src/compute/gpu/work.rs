//! What sets a tensor's second pass apart: which kernel does it, and what that is told of the format and of its groups.
//!
//! A new row of the table needs no new shader: everything that sets it apart is in [`Work`].

use super::layout::{GROUP_CHUNKS, GROUP_VALUES};
use super::shaders::Shader;
use crate::formats::codebook::Codebook;
use crate::formats::ggml::{self, BlockType};
use crate::formats::mx::{self, E4M3FN, ScaleRule};
use crate::formats::{Block, Cast, Kind, Layout, NanRule, Overflow, Rounding, bnb};
use crate::quantize::element::{MxElement, NVFP4_CAST, Scale};
use crate::quantize::histogram::ordered_key;
use crate::quantize::{Element, GRID_RULES, Granularity, Plan, Quantizer, RangeMethod};

/// Words of what the values of a group share.
pub const GROUP_WORDS: usize = 4;
/// Blocks that one workgroup takes.
pub(super) const GROUP_BLOCKS: usize = 64;

/// A tensor's second pass as kernels do it.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Which kernels.
    pub shader: Shader,
    /// What stands behind the shape in `Params`: the `Facts` of the kind.
    pub facts: Vec<u32>,
    /// The list that [`Shader::Codebook`] reads; empty for the others.
    pub list: Vec<u32>,
    /// What the groups share, [`GROUP_WORDS`] each, as the plan has it; empty for blocks, of which the device makes it.
    pub scales: Vec<u32>,
    /// Values of a group: a row, or a block.
    pub group_size: usize,
    /// Groups of a row, or 0 if all rows are one group.
    pub groups_a_row: usize,
    /// Codes of a row: with those of what fills up its last block where these are stored.
    pub coded_cols: usize,
    /// Bits of a code.
    pub code_bits: usize,
}

impl Shader {
    /// Which shader quantizes by these settings; nothing if none does.
    ///
    /// Those are: floats as they are, powers of two, integers by the default grid and codebooks with or without a scale, of
    /// the tensor or of each row, to nearest even; blocks without a search, unless their scales are quantized together.
    #[must_use]
    pub fn of(quantizer: &Quantizer) -> Option<Self> {
        // Columns apart from the others are the CPU's.
        if quantizer.keeps_outliers {
            return None;
        }
        let scales_plainly = quantizer.range == RangeMethod::Full
            && !quantizer.power_of_two_scale
            && matches!(quantizer.granularity, Granularity::Tensor | Granularity::Row);
        let is_nearest = quantizer.rounding == Rounding::NearestEven;
        match quantizer.format.kind {
            Kind::Float(_) => (is_nearest && !quantizer.has_scale()).then_some(Self::Float),
            Kind::Integer(_) => {
                let is_default = is_nearest && scales_plainly && quantizer.rule == &GRID_RULES[0];
                is_default.then_some(Self::Integer)
            }
            Kind::Exponent(_) => is_nearest.then_some(Self::Exponent),
            Kind::Codebook(_) => (scales_plainly || !quantizer.has_scale()).then_some(Self::Codebook),
            Kind::Block(Block { layout, .. }) => match layout {
                Layout::Mx(_) => Some(Self::Mx),
                Layout::Nvfp4 { .. } => Some(Self::Nvfp4),
                Layout::Bnb { double, .. } => (!double).then_some(Self::Codebook),
                Layout::Ggml { id, .. } => ggml_facts(id).map(|_| Self::Ggml),
            },
        }
    }
}

impl Work {
    /// What the device is given; nothing for settings that are not for it.
    #[must_use]
    pub fn new(plan: &Plan) -> Option<Self> {
        let shader = Shader::of(&plan.quantizer)?;
        let (cols, block_size) = (plan.cols, plan.quantizer.format.block_size());
        let (mut list, mut scales) = (Vec::new(), Vec::new());
        let facts = match &plan.element {
            Element::Float(cast) => {
                scales.push([0; GROUP_WORDS]);
                [&float(cast)[..], &[cast.overflow_code, cast.nan_code, cast.zero_sign, cast.nan_sign]].concat()
            }
            Element::Integer(grids) => {
                let words = |grid: &crate::quantize::Grid| {
                    [grid.scale.to_bits(), grid.inverse.to_bits(), grid.zero_point as u32, 0]
                };
                scales.extend(grids.iter().map(words));
                vec![grids[0].min_code as u32, grids[0].max_code as u32]
            }
            Element::Exponent(exponent) => {
                scales.push([0; GROUP_WORDS]);
                vec![exponent.nan_code()]
            }
            Element::Codebook(codebook, by) => {
                list = list_of(codebook);
                scales.extend(by.iter().map(|by: &Scale| [by.scale.to_bits(), by.inverse.to_bits(), 0, 0]));
                let [lowest, highest] = codebook.ends().map(f32::to_bits);
                vec![codebook.ascending.len() as u32, 0, 0, lowest, highest]
            }
            Element::Bnb(codebook, None) => {
                list = list_of(codebook);
                vec![codebook.ascending.len() as u32, 1, bnb::LEAST_AMAX.to_bits()]
            }
            Element::Mx(element) => mx_facts(*element, plan.quantizer.scale_rule),
            Element::Nvfp4(tensor_scale) => nvfp4_facts(*tensor_scale),
            Element::Ggml(block_type) => ggml_facts(block_type.id)?.to_vec(),
            Element::ScaledFloat(..) | Element::Bnb(_, Some(_)) => return None,
        };
        let is_ggml = shader == Shader::Ggml;
        let in_blocks = scales.is_empty();
        let blocks = cols.div_ceil(block_size);
        Some(Self {
            shader,
            facts,
            list,
            group_size: if in_blocks { block_size } else { cols },
            groups_a_row: match scales.len() {
                0 => blocks,
                1 => 0,
                _ => 1,
            },
            scales: scales.concat(),
            coded_cols: if is_ggml { blocks * block_size } else { cols },
            code_bits: 8 * plan.quantizer.format.code_bytes(),
        })
    }

    /// Whether the device makes the scales, in a pass over blocks before that over values.
    #[must_use]
    pub const fn is_in_blocks(&self) -> bool {
        self.scales.is_empty()
    }

    /// Words of codes that a row takes on the GPU: rows start at whole words.
    #[must_use]
    pub const fn row_words(&self) -> usize {
        (self.coded_cols * self.code_bits).div_ceil(32)
    }

    /// Runs of [`GROUP_VALUES`] or fewer that a row has.
    #[must_use]
    pub const fn chunks_a_row(&self) -> usize {
        self.coded_cols.div_ceil(GROUP_VALUES)
    }

    /// Workgroups of the pass over the values of so many rows.
    #[must_use]
    pub const fn measure_groups(&self, rows: usize) -> u32 {
        (rows * self.chunks_a_row()).div_ceil(GROUP_CHUNKS) as u32
    }

    /// Workgroups of the pass over the blocks of so many rows.
    #[must_use]
    pub const fn block_groups(&self, rows: usize) -> u32 {
        (rows * self.groups_a_row).div_ceil(GROUP_BLOCKS) as u32
    }

    /// The codes of the whole tensor as [`Plan::code_bytes`] says, from the device's words: without the padding of rows, and
    /// of ggml packed beside the scales.
    #[must_use]
    pub fn read_codes(&self, plan: &Plan, words: &[u32], scales: &[u32]) -> Vec<u8> {
        let mut codes = Vec::with_capacity(plan.code_bytes(plan.len()));
        if let Element::Ggml(block_type) = plan.element {
            let blocks = words.as_chunks::<8>().0.iter().zip(scales.as_chunks::<GROUP_WORDS>().0);
            blocks.for_each(|(words, scales)| put_block(block_type, words, scales, &mut codes));
            return codes;
        }
        let row_bytes = plan.code_bytes(plan.cols);
        for row in words.chunks(self.row_words()) {
            let start = codes.len();
            codes.extend(row.iter().flat_map(|word| word.to_le_bytes()));
            codes.truncate(start + row_bytes);
        }
        codes
    }
}

/// Appends a block of ggml: d and m are in the first word of its scales.
fn put_block(block_type: &BlockType, words: &[u32; 8], scales: &[u32; GROUP_WORDS], bytes: &mut Vec<u8>) {
    let mut codes = [0; 32];
    for (codes, word) in codes.as_chunks_mut().0.iter_mut().zip(words) {
        *codes = word.to_le_bytes();
    }
    let start = bytes.len();
    bytes.resize(start + block_type.block_bytes, 0);
    ggml::put_block(block_type, scales[0].to_le_bytes(), &codes, &mut bytes[start..]);
}

/// A float format as the shaders read it.
const fn float(cast: &Cast) -> [u32; 4] {
    [cast.float.exponent_bits, cast.float.mantissa_bits, cast.float.bias as u32, cast.max_code]
}

/// In ascending order: the borders as keys, with one zero as in common.wgsl, the codes, the values.
fn list_of(codebook: &Codebook) -> Vec<u32> {
    let borders = (0..codebook.ascending.len() - 1).map(|i| ordered_key((codebook.border(i) + 0.0).to_bits()));
    let codes = codebook.ascending.iter().map(|&code| u32::from(code));
    let values = codes.clone().map(|code| codebook.decode(code).to_bits());
    borders.chain(codes).chain(values).collect()
}

fn mx_facts(MxElement { element, cast }: MxElement, rule: ScaleRule) -> Vec<u32> {
    let (float, largest, zero_sign, fixed_point) = match (element, cast) {
        (mx::Element::Float(_), Some(cast)) => (float(&cast), cast.max_code, cast.zero_sign, 0),
        _ => ([0; 4], 127, 0, element.mantissa_bits()),
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
    facts
}

fn nvfp4_facts(tensor_scale: f32) -> Vec<u32> {
    let (element, scale) = (NVFP4_CAST, Cast::new(E4M3FN, Overflow::Saturate, NanRule::Quiet));
    let mut facts = [float(&element), float(&scale)].concat();
    facts.extend([element.decode(element.max_code), scale.min_normal_bits(), scale.decode(scale.max_code)]);
    facts.extend([tensor_scale.to_bits(), (1.0 / tensor_scale).to_bits()]);
    facts
}

/// Of the types whose codes follow from the block's largest or smallest value; those with a search are the CPU's.
fn ggml_facts(id: u32) -> Option<[u32; 5]> {
    const CENTRED: u32 = 0;
    const SHIFTED: u32 = 1;
    const SIGNED: u32 = 2;
    let types = [
        (ggml::Q4_0.id, CENTRED, -8.0, 8.5, 15, 8),
        (ggml::Q4_1.id, SHIFTED, 15.0, 0.5, 15, 0),
        (ggml::Q5_0.id, CENTRED, -16.0, 16.5, 31, 16),
        (ggml::Q5_1.id, SHIFTED, 31.0, 0.5, 31, 0),
        (ggml::Q8_0.id, SIGNED, 127.0, 0.0, 127, 0),
    ];
    let (_, way, divisor, offset, largest, centre) = types.into_iter().find(|row| row.0 == id)?;
    Some([way, f32::to_bits(divisor), f32::to_bits(offset), largest, centre])
}

#[cfg(test)]
mod tests {
    use super::super::layout;
    use super::super::shaders::tests::params_bytes;
    use super::*;
    use crate::compute::cpu;
    use crate::formats::{FORMATS, format};
    use crate::quantize::{Range, Scheme};

    const RANGE: Range = Range { min: -1.0, max: 2.0 };

    fn work(quantizer: Quantizer, rows: usize, cols: usize) -> Option<Work> {
        let ranges = vec![RANGE; if quantizer.scales_each_row() { rows } else { 1 }];
        Work::new(&Plan::new(quantizer, rows, cols, &ranges).ok()?)
    }

    fn all(rows: usize, cols: usize) -> impl Iterator<Item = (&'static str, Work)> {
        FORMATS.iter().filter_map(move |format| Some((format.id, work(Quantizer::new(format), rows, cols)?)))
    }

    #[test]
    fn the_gpu_does_every_single_value_every_codebook_and_every_block_without_a_search() {
        let blocks = "mxfp8_e4m3 mxfp8_e5m2 mxfp6_e3m2 mxfp6_e2m3 mxfp4 mxint8 nvfp4 nvfp4_one_level bnb_nf4_block \
                      bnb_fp4_block q4_0 q4_1 q5_0 q5_1 q8_0";
        let blocks: Vec<&str> = blocks.split(' ').collect();
        for row in FORMATS {
            let is_done = !matches!(row.kind, Kind::Block(_)) || blocks.contains(&row.id);
            assert_eq!(Shader::of(&Quantizer::new(row)).is_some(), is_done, "{}", row.id);
            if is_done {
                assert!(work(Quantizer::new(row), 3, 37).is_some(), "{}", row.id);
            }
        }
        assert_eq!(FORMATS.iter().filter(|row| blocks.contains(&row.id)).count(), blocks.len());
    }

    #[test]
    fn the_gpu_does_the_settings_that_are_usual_and_no_others() {
        let is_done = |quantizer: Quantizer| Shader::of(&quantizer).is_some();
        let of = |id: &str| Quantizer::new(format(id).unwrap());
        for id in ["int8", "nf4"] {
            assert!(is_done(Quantizer { granularity: Granularity::Row, ..of(id) }), "{id}");
            assert!(!is_done(Quantizer { granularity: Granularity::Column, ..of(id) }), "{id}");
            assert!(!is_done(Quantizer { granularity: Granularity::Group(64), ..of(id) }), "{id}");
            assert!(!is_done(Quantizer { range: RangeMethod::Mse, ..of(id) }), "{id}");
            assert!(!is_done(Quantizer { power_of_two_scale: true, ..of(id) }), "{id}");
        }
        assert!(is_done(Quantizer { scheme: Scheme::Affine, ..of("int8") }));
        assert!(!is_done(Quantizer { rule: &GRID_RULES[2], ..of("int8") }));
        assert!(!is_done(Quantizer { scaled: true, ..of("e4m3fn") }));
        for id in ["int8", "bf16", "e8m0fnu"] {
            assert!(!is_done(Quantizer { rounding: Rounding::NearestAway, ..of(id) }), "{id}");
        }
        // What a format has no use for is passed over.
        let other = Quantizer { range: RangeMethod::Mse, rounding: Rounding::Up, ..of("mxfp4") };
        assert!(is_done(other) && is_done(Quantizer { scaled: false, range: RangeMethod::Mse, ..of("nf4") }));
    }

    #[test]
    fn params_hold_the_facts_of_every_kind() {
        for (id, work) in all(3, 37) {
            let span = params_bytes(&work.shader.measure());
            assert!(span <= 4 * layout::PARAMS, "{id}: {span}");
            assert!(4 * (layout::SHAPE + work.facts.len()) <= span, "{id} has facts that its shader does not read");
        }
    }

    #[test]
    fn four_neighbours_are_of_one_group() {
        for (id, work) in all(3, 37) {
            assert!(work.group_size == 37 || work.group_size.is_multiple_of(4), "{id}");
        }
    }

    #[test]
    fn a_submit_stays_within_the_default_limits() {
        for (rows, cols) in [(1, 1 << 25), (1 << 13, 1 << 12), (65_535, 1), (65_535, 33), (65_535, 512)] {
            assert_eq!(layout::refuses(rows, cols), None);
            for (id, work) in all(rows, cols) {
                let submit_rows = layout::submit_rows(cols).min(rows);
                assert!(work.block_groups(submit_rows) <= 65_535, "{id}");
                assert!(work.measure_groups(submit_rows) <= 65_535, "{id}");
                let scales = rows * work.groups_a_row.max(1) * GROUP_WORDS;
                assert!(4 * scales.max(rows * work.row_words()) <= 128 << 20, "{id}");
            }
        }
    }

    #[test]
    fn what_fills_up_the_words_of_a_row_is_not_read_back() {
        let quantizer = Quantizer::new(format("mxfp4").unwrap());
        let plan = Plan::new(quantizer, 2, 6, &[RANGE]).unwrap();
        let work = Work::new(&plan).unwrap();
        assert_eq!(work.row_words(), 2);
        let codes = work.read_codes(&plan, &[0x0403_0201, 0x0605, 0x0403_0201, 0x0807], &[]);
        assert_eq!(codes, [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 7, 8]);
    }

    #[test]
    fn a_block_of_ggml_is_packed_from_its_scales_and_codes() {
        let values: Vec<f32> = (0..64).map(|i| libm::sinf(i as f32)).collect();
        for id in ["q4_0", "q4_1", "q5_0", "q5_1", "q8_0"] {
            let quantizer = Quantizer::new(format(id).unwrap());
            // Rows of a block and a bit.
            let (plan, _, expected) = cpu::quantize(quantizer, 2, 32, &values, |_| {}).unwrap();
            let Element::Ggml(block_type) = plan.element else { panic!("{id} is of ggml") };
            let (mut codes, mut scales) = (Vec::new(), Vec::new());
            for block in expected.chunks(block_type.block_bytes) {
                let mut of_block = vec![0.0; 32];
                let mut bare = block.to_vec();
                bare[..2].copy_from_slice(&[0x00, 0x3c]);
                if block_type.scale_places().1.is_some() {
                    bare[2..4].fill(0);
                }
                (block_type.decode)(&bare, &mut of_block);
                let centre = ggml_facts(block_type.id).unwrap()[4] as f32;
                codes.extend(of_block.iter().map(|value| (value + centre) as i32 as u8));
                scales.extend([u32::from_le_bytes([block[0], block[1], block[2], block[3]]), 0, 0, 0]);
            }
            let words: Vec<u32> = codes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect();
            assert_eq!(Work::new(&plan).unwrap().read_codes(&plan, &words, &scales), expected, "{id}");
        }
    }
}
