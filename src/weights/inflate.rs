//! Deflated bytes, made whole again piece by piece.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress_with_limit, inflate_flags};

/// How far back deflate looks, in bytes.
const WINDOW: usize = 1 << 15;

/// A deflated stream that is being read. It keeps a window of 32 KiB, however much there is.
pub struct Inflate {
    state: Box<DecompressorOxide>,
    window: Vec<u8>,
    at: usize,
    is_done: bool,
}

/// Bytes that are no deflated stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its deflated bytes are broken")]
pub struct Broken;

impl Default for Inflate {
    fn default() -> Self {
        Self { state: Box::default(), window: vec![0; WINDOW], at: 0, is_done: false }
    }
}

impl core::fmt::Debug for Inflate {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Inflate").field("is_done", &self.is_done).finish_non_exhaustive()
    }
}

impl Inflate {
    /// Whether the stream's end was reached.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.is_done
    }

    /// Takes the bytes that follow and appends at most `most` bytes to the output; gives how many bytes it used. Those that it did
    /// not use have to come again, with what follows them.
    ///
    /// # Errors
    /// [`Broken`]
    pub fn push(&mut self, bytes: &[u8], most: usize, output: &mut Vec<u8>) -> Result<usize, Broken> {
        let (mut used, mut made) = (0, 0);
        while !self.is_done && made < most {
            let most = (most - made).min(WINDOW - self.at);
            let flags = inflate_flags::TINFL_FLAG_HAS_MORE_INPUT;
            let (status, read, written) =
                decompress_with_limit(&mut self.state, &bytes[used..], &mut self.window, self.at, most, flags);
            output.extend(&self.window[self.at..self.at + written]);
            used += read;
            made += written;
            self.at = (self.at + written) % WINDOW;
            match status {
                TINFLStatus::Done => self.is_done = true,
                TINFLStatus::NeedsMoreInput => break,
                TINFLStatus::HasMoreOutput => {}
                _ => return Err(Broken),
            }
        }
        Ok(used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `zlib.compressobj(9, zlib.DEFLATED, -15)` of Python 3.11.7 made of `bytes(range(256)) * 4`.
    const RANGE_4: &[u8] = include_bytes!("../../tests/golden/checkpoints/range_4.deflate");

    fn expected() -> Vec<u8> {
        (0..1024).map(|i| i as u8).collect()
    }

    #[test]
    fn any_pieces_in_and_out_give_the_same_bytes() {
        for (piece, most) in [(1, 1), (3, 1000), (RANGE_4.len(), 7), (RANGE_4.len(), usize::MAX)] {
            let (mut inflate, mut output, mut at) = (Inflate::default(), Vec::new(), 0);
            while !inflate.is_done() {
                let end = RANGE_4.len().min(at + piece);
                at += inflate.push(&RANGE_4[at..end], most, &mut output).unwrap();
            }
            assert_eq!((at, output), (RANGE_4.len(), expected()), "pieces of {piece}, at most {most} out");
        }
    }

    #[test]
    fn a_stream_that_is_cut_off_is_not_done() {
        let (mut inflate, mut output) = (Inflate::default(), Vec::new());
        inflate.push(&RANGE_4[..RANGE_4.len() - 2], usize::MAX, &mut output).unwrap();
        assert!(!inflate.is_done() && expected().starts_with(&output));
    }

    proptest! {
        #[test]
        fn any_bytes_give_bytes_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut output = Vec::new();
            if let Ok(used) = Inflate::default().push(&bytes, 5000, &mut output) {
                prop_assert!(used <= bytes.len());
            }
            prop_assert!(output.len() <= 5000);
        }
    }
}
