//! Bytes that the passes move, beside the least that they could.
//!
//! Counted are a workgroup's words of storage buffers, each once: what it reads again is in its cache. A word of the counts is
//! read and written. Left out is the uniform, which all workgroups of a dispatch share.

use super::layout::{COUNTS, GROUP_CHUNKS, GROUP_VALUES, SUMS};
use super::work::{GROUP_WORDS, Work};
use crate::quantize::BINS;

const WORD: usize = 4;

/// What a pass over a tensor moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes.
    pub moved: usize,
    /// What is read and what is left behind, each once: values in FP32, codes as the pass leaves them, and a byte for the scale
    /// of each block.
    pub least: usize,
}

impl Traffic {
    /// The first pass.
    #[must_use]
    pub const fn of_range(rows: usize, cols: usize) -> Self {
        let values = rows * cols * WORD;
        let ends = 2 * 2 * WORD;
        Self { moved: values + rows * cols.div_ceil(GROUP_VALUES) * ends, least: values }
    }

    /// The pass over blocks; nothing without one.
    #[must_use]
    pub const fn of_blocks(work: &Work, rows: usize, cols: usize) -> Option<Self> {
        if !work.is_in_blocks() {
            return None;
        }
        let (values, blocks) = (rows * cols * WORD, rows * work.groups_a_row);
        Some(Self { moved: values + blocks * GROUP_WORDS * WORD, least: values + blocks })
    }

    /// The pass over values.
    #[must_use]
    pub const fn of_measure(work: &Work, rows: usize, cols: usize) -> Self {
        let (values, codes) = (rows * cols * WORD, rows * work.row_words() * WORD);
        let chunks = rows * work.chunks_a_row();
        // A chunk has its own part of the scales, or the one of its row.
        let (blocks, scales) = if work.is_in_blocks() {
            let blocks = rows * work.groups_a_row;
            (blocks, blocks * GROUP_WORDS * WORD)
        } else {
            (0, chunks * GROUP_WORDS * WORD)
        };
        let a_group = (2 * COUNTS + 2 * (BINS + 1) + work.list.len()) * WORD;
        let beside = chunks * SUMS * WORD + chunks.div_ceil(GROUP_CHUNKS) * a_group;
        Self { moved: values + codes + scales + beside, least: values + codes + blocks }
    }

    /// How many times the least it is.
    #[must_use]
    pub const fn ratio(self) -> f64 {
        self.moved as f64 / self.least as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::FORMATS;
    use crate::quantize::{Granularity, Plan, Quantizer, Range};

    #[test]
    fn a_pass_moves_at_most_a_quarter_more_than_it_must() {
        let mut most = [("", 0.0); 3];
        for (rows, cols) in [(1 << 12, 1 << 12), (1 << 10, 1 << 10), (1, 1 << 22)] {
            for (format, each_row) in FORMATS.iter().flat_map(|format| [(format, false), (format, true)]) {
                let granularity = if each_row { Granularity::Row } else { Granularity::Tensor };
                let quantizer = Quantizer { granularity, ..Quantizer::new(format) };
                let ranges = vec![Range { min: -1.0, max: 2.0 }; if quantizer.scales_each_row() { rows } else { 1 }];
                let Some(work) = Plan::new(quantizer, rows, cols, &ranges).ok().and_then(|plan| Work::new(&plan))
                else {
                    continue;
                };
                let passes = [
                    Some(Traffic::of_range(rows, cols)),
                    Traffic::of_blocks(&work, rows, cols),
                    Some(Traffic::of_measure(&work, rows, cols)),
                ];
                for (most, ratio) in most.iter_mut().zip(passes.map(|pass| pass.map_or(0.0, Traffic::ratio))) {
                    assert!(ratio <= 1.25, "{} of {rows} × {cols}: {ratio}", format.id);
                    if ratio > most.1 {
                        *most = (format.id, ratio);
                    }
                }
            }
        }
        println!("times the least, at most: {most:.3?}");
    }

    #[test]
    fn a_workgroup_takes_as_many_chunks_as_its_shader_says() {
        let shader = super::super::shaders::Shader::Float.measure();
        assert!(shader.contains(&format!("const CHUNKS: u32 = {GROUP_CHUNKS}u;")));
    }
}
