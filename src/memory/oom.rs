//! What PyTorch says when memory runs out, read.
//!
//! The text of `torch.OutOfMemoryError` and of the older `RuntimeError: CUDA out of memory` is made by PyTorch's caching
//! allocator, in one of these forms:
//!
//! ```text
//! CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 15.78 GiB total capacity; 14.56 GiB already allocated;
//! 1.19 MiB free; 14.86 GiB reserved in total by PyTorch) …                                              (1.x)
//! CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB of which 1.01 GiB is free.
//! Including non-PyTorch memory, this process has 78.13 GiB memory in use. Of the allocated memory 75.44 GiB is allocated
//! by PyTorch, and 2.19 GiB is reserved by PyTorch but unallocated. …                                    (2.x)
//! ```
//!
//! Two decimals are all that it prints, so every figure is right to half a hundredth of its unit.

use crate::source::Source;
use crate::units::{ByteUnits, Bytes};

/// Where the text is made.
pub static SOURCE: Source = Source::in_engine(
    "PyTorch, c10/cuda/CUDACachingAllocator.cpp: the text of an OutOfMemoryError",
    "https://github.com/pytorch/pytorch/blob/main/c10/cuda/CUDACachingAllocator.cpp",
    "2026-11",
);

/// The longest text that is read; a traceback in front of the message is passed over.
pub const MAX_BYTES: usize = 1 << 20;

/// The figures of one message. What it does not say is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OutOfMemory {
    /// Which GPU.
    pub gpu: Option<u32>,
    /// What could not be had.
    pub tried: Option<Bytes>,
    /// What the GPU has.
    pub total: Option<Bytes>,
    /// What was free.
    pub free: Option<Bytes>,
    /// What this process had, with what is not PyTorch's.
    pub in_use: Option<Bytes>,
    /// What tensors took.
    pub allocated: Option<Bytes>,
    /// What PyTorch held without a tensor in it.
    pub unallocated: Option<Bytes>,
}

/// What the figures come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// What PyTorch held back would have been enough in one piece.
    Fragmentation,
    /// Somebody else had more of the GPU than was tried for.
    Others,
    /// The tensors are too large.
    TooLarge,
}

/// Reads a message; `None` if this is none.
#[must_use]
pub fn read(text: &str) -> Option<OutOfMemory> {
    // A long log ends with what matters.
    let mut start = text.len().saturating_sub(MAX_BYTES);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let text = &text[start..];
    let at = text.rfind("out of memory").or_else(|| text.rfind("Tried to allocate"))?;
    let text = &text[at..];
    let mut found = OutOfMemory { gpu: gpu(text), ..OutOfMemory::default() };
    let mut reserved = None;
    for (bytes, before, after) in sizes(text) {
        let (ends, starts) = (|words: &str| before.ends_with(words), |words: &str| after.starts_with(words));
        let place = if ends("Tried to allocate") {
            &mut found.tried
        } else if starts("total capacity") || ends("total capacity of") || ends("total capacty of") {
            &mut found.total
        } else if starts("is free") || starts("free") {
            &mut found.free
        } else if starts("already allocated") || starts("is allocated by PyTorch") {
            &mut found.allocated
        } else if starts("is reserved by PyTorch but unallocated") {
            &mut found.unallocated
        } else if starts("memory in use") && ends("this process has") {
            &mut found.in_use
        } else if starts("reserved") || starts("cached") {
            &mut reserved
        } else {
            continue;
        };
        *place = place.or(Some(bytes));
    }
    if let (None, Some(reserved), Some(allocated)) = (found.unallocated, reserved, found.allocated) {
        found.unallocated = Some(Bytes((reserved - allocated).get().max(0.0)));
    }
    found.tried.map(|_| found)
}

/// Every size in a text, with the words before and after it.
fn sizes(text: &str) -> impl Iterator<Item = (Bytes, &str, &str)> {
    const UNITS: [(&str, f64); 5] =
        [("KiB", 1024.0), ("MiB", 1_048_576.0), ("GiB", 1_073_741_824.0), ("TiB", 1_099_511_627_776.0), ("bytes", 1.0)];
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text[from..].find(|letter: char| letter.is_ascii_digit())?;
            let rest = &text[start..];
            let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
            from = start + digits;
            let after = text[from..].trim_start();
            let unit = UNITS.iter().find(|(unit, _)| after.starts_with(unit));
            let value = rest[..digits].trim_end_matches('.').parse::<f64>().ok();
            if let (Some((unit, factor)), Some(value)) = (unit, value) {
                return Some((Bytes(value * factor), text[..start].trim_end(), after[unit.len()..].trim_start()));
            }
        }
    })
}

fn gpu(text: &str) -> Option<u32> {
    let rest = text.split_once("GPU ")?.1;
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

impl OutOfMemory {
    /// What other processes, and what of this one the message does not count, had of the GPU.
    #[must_use]
    pub fn others(&self) -> Option<Bytes> {
        let mine = match (self.in_use, self.allocated) {
            (Some(in_use), _) => in_use,
            (None, Some(allocated)) => allocated + self.unallocated.unwrap_or(Bytes(0.0)),
            (None, None) => return None,
        };
        Some(Bytes((self.total? - self.free? - mine).get().max(0.0)))
    }

    /// What would have been needed: the tensors that there were and the one that was tried for.
    #[must_use]
    pub fn needed(&self) -> Option<Bytes> {
        Some(self.allocated? + self.tried?)
    }

    /// What the figures come to.
    #[must_use]
    pub fn cause(&self) -> Cause {
        let tried = self.tried.unwrap_or(Bytes(0.0));
        if self.unallocated.is_some_and(|unallocated| unallocated >= tried) {
            Cause::Fragmentation
        } else if self.others().is_some_and(|others| others >= tried && others.get() > 1e9) {
            Cause::Others
        } else {
            Cause::TooLarge
        }
    }

    /// What happened, in sentences.
    #[must_use]
    pub fn explain(&self, units: ByteUnits) -> Vec<String> {
        let show = |bytes: Bytes| bytes.show(units);
        let mut told = Vec::new();
        if let Some(tried) = self.tried {
            let gpu = self.gpu.map_or_else(|| "the GPU".to_owned(), |gpu| format!("GPU {gpu}"));
            let of = self.total.map_or_else(String::new, |total| format!(" of {}", show(total)));
            let free = self.free.map_or_else(String::new, |free| format!(", which had {} free{of}", show(free)));
            told.push(format!("PyTorch asked {gpu} for {} more{free}.", show(tried)));
        }
        if let (Some(allocated), Some(needed)) = (self.allocated, self.needed()) {
            told.push(format!(
                "Its tensors already took {}; with this one they take {}, and it is rarely the last one.",
                show(allocated),
                show(needed)
            ));
        }
        if let Some(others) = self.others().filter(|others| others.get() > 0.0) {
            told.push(format!("{} were with other processes, or with CUDA itself.", show(others)));
        }
        told.push(match self.cause() {
            Cause::Fragmentation => "PyTorch held back enough memory, but not in one piece: \
                PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True may be all that it takes."
                .to_owned(),
            Cause::Others => "Another process holds what is missing: nvidia-smi lists them.".to_owned(),
            Cause::TooLarge => {
                "What the tensors need is more than there is: the changes below say what would help.".to_owned()
            }
        });
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: f64 = 1_073_741_824.0;

    // As users posted them in issues of PyTorch and transformers.
    const NEW: &str = "Traceback (most recent call last):\n  File \"train.py\", line 12, in <module>\n\
        torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB of \
        which 1.01 GiB is free. Including non-PyTorch memory, this process has 78.13 GiB memory in use. Of the allocated \
        memory 75.44 GiB is allocated by PyTorch, and 1.19 GiB is reserved by PyTorch but unallocated. If reserved but \
        unallocated memory is large try setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.";
    const OLD: &str = "RuntimeError: CUDA out of memory. Tried to allocate 20.00 MiB (GPU 3; 15.78 GiB total capacity; \
        14.56 GiB already allocated; 1.19 MiB free; 14.86 GiB reserved in total by PyTorch) If reserved memory is >> \
        allocated memory try setting max_split_size_mb to avoid fragmentation.";

    #[test]
    fn the_new_text_is_read() {
        let found = read(NEW).unwrap();
        assert_eq!(found.gpu, Some(0));
        assert_eq!(found.tried, Some(Bytes(2.0 * GIB)));
        assert_eq!(found.total, Some(Bytes(79.15 * GIB)));
        assert_eq!(found.free, Some(Bytes(1.01 * GIB)));
        assert_eq!(found.in_use, Some(Bytes(78.13 * GIB)));
        assert_eq!(found.allocated, Some(Bytes(75.44 * GIB)));
        assert_eq!(found.unallocated, Some(Bytes(1.19 * GIB)));
        assert_eq!(found.cause(), Cause::TooLarge);
    }

    #[test]
    fn the_old_text_is_read_and_what_was_held_back_follows() {
        let found = read(OLD).unwrap();
        assert_eq!((found.gpu, found.tried), (Some(3), Some(Bytes(20.0 * 1024.0 * 1024.0))));
        assert_eq!(found.total, Some(Bytes(15.78 * GIB)));
        assert!((found.unallocated.unwrap().get() - 0.30 * GIB).abs() < 1e6);
        assert_eq!(found.cause(), Cause::Fragmentation);
        assert!(found.explain(ByteUnits::Binary).last().unwrap().contains("expandable_segments"));
    }

    #[test]
    fn the_misspelt_text_of_2_0_is_read_and_another_process_is_seen() {
        let text = "CUDA out of memory. Tried to allocate 160.00 MiB. GPU 0 has a total capacty of 14.75 GiB of which \
            57.06 MiB is free. Process 4019 has 10.01 GiB memory in use. Process 4020 has 4.69 GiB memory in use. Of the \
            allocated memory 4.40 GiB is allocated by PyTorch, and 24.61 MiB is reserved by PyTorch but unallocated.";
        let found = read(text).unwrap();
        assert_eq!(found.total, Some(Bytes(14.75 * GIB)));
        assert_eq!(found.in_use, None, "which of the processes this is, the text does not say");
        assert_eq!(found.cause(), Cause::Others);
    }

    #[test]
    fn what_is_no_such_text_is_none() {
        for text in
            ["", "Killed", "out of memory", "Tried to allocate", "Tried to allocate GiB", "CUDA error: 2.00 GiB"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(read("out of memory é 3. Tried to allocate 1.00 KiB").is_some());
    }
}
