//! A measured peak, read from what a tool prints.
//!
//! ```text
//! |  0%   45C    P0   70W / 400W |  71234MiB / 81920MiB |   99%   Default |      nvidia-smi: the most of its GPUs
//! torch.cuda.max_memory_allocated() = 76547891200                               torch: bytes
//! Peak memory usage: 71.30 GiB                                                  many a training script
//! model weights take 14.99GiB; non_torch_memory takes 0.09GiB; PyTorch activation peak memory takes 1.22GiB; the rest of
//! the memory reserved for KV Cache is 54.94GiB.                                 vLLM: all of it together
//! ```

use crate::units::Bytes;

/// The longest text that is read.
pub const MAX_BYTES: usize = 1 << 20;

/// Sizes as tools write them; the longer names of a unit first.
const UNITS: [(&str, f64); 6] =
    [("GiB", 1_073_741_824.0), ("MiB", 1_048_576.0), ("KiB", 1024.0), ("GB", 1e9), ("MB", 1e6), ("bytes", 1.0)];

/// The peak that a text tells of; `None` if it tells of none.
#[must_use]
pub fn read(text: &str) -> Option<Bytes> {
    if text.len() > MAX_BYTES {
        return None;
    }
    vllm(text).or_else(|| nvidia_smi(text)).or_else(|| torch(text)).or_else(|| peak(text))
}

/// `71234MiB / 81920MiB`: what is used of what there is. Of several GPUs the most used one.
fn nvidia_smi(text: &str) -> Option<Bytes> {
    let mut most: Option<f64> = None;
    for (at, _) in text.match_indices("MiB /") {
        let before = &text[..at];
        let start = before.rfind(|letter: char| !letter.is_ascii_digit()).map_or(0, |place| place + 1);
        let rest = text[at + "MiB /".len()..].trim_start();
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        if let (Ok(mib), true) = (before[start..].parse::<f64>(), rest[digits..].starts_with("MiB")) {
            most = Some(most.map_or(mib, |most| most.max(mib)));
        }
    }
    most.map(|mib| Bytes(mib * 1_048_576.0))
}

/// The sum of what vLLM says that its parts take, its cache included.
fn vllm(text: &str) -> Option<Bytes> {
    const PARTS: [&str; 4] =
        ["model weights take", "non_torch_memory takes", "activation peak memory takes", "reserved for KV Cache is"];
    let mut sum = 0.0;
    for part in PARTS {
        let (value, after) = number(text.split_once(part)?.1)?;
        let (_, factor) = UNITS.iter().find(|(unit, _)| after.starts_with(unit))?;
        sum += value * factor;
    }
    Some(Bytes(sum))
}

/// The whole number after `max_memory_allocated` or `max_memory_reserved`.
fn torch(text: &str) -> Option<Bytes> {
    let rest = text.split_once("max_memory_")?.1;
    let (number, after) = number(rest)?;
    let unit = UNITS.iter().find(|(unit, _)| after.starts_with(unit)).map_or(1.0, |(_, factor)| *factor);
    Some(Bytes(number * unit)).filter(|bytes| bytes.get() >= 1e6)
}

/// The first size after the word peak.
fn peak(text: &str) -> Option<Bytes> {
    let mut rest = text.split_once("peak").or_else(|| text.split_once("Peak"))?.1;
    while let Some((number, after)) = number(rest) {
        if let Some((_, factor)) = UNITS.iter().find(|(unit, _)| after.starts_with(unit)) {
            return Some(Bytes(number * factor));
        }
        rest = after;
    }
    None
}

/// The first number of a text, and what stands after it.
fn number(text: &str) -> Option<(f64, &str)> {
    let rest = &text[text.find(|letter: char| letter.is_ascii_digit())?..];
    let end =
        rest.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | ',' | '_')).unwrap_or(rest.len());
    let digits: String = rest[..end].trim_end_matches(['.', ',']).replace([',', '_'], "");
    Some((digits.parse().ok()?, rest[end..].trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_print_is_read() {
        let mib = |text: &str| read(text).map(|bytes| bytes.get() / 1_048_576.0);
        let table = "| N/A   34C    P0    61W / 400W |   1234MiB / 81920MiB |      0%      Default |\n\
                     | N/A   36C    P0    70W / 400W |  71234MiB / 81920MiB |     99%      Default |";
        assert_eq!(mib(table), Some(71_234.0));
        assert_eq!(read("torch.cuda.max_memory_allocated() = 76_547_891_200"), Some(Bytes(76_547_891_200.0)));
        assert_eq!(read("max_memory_reserved: 71.5 GiB"), Some(Bytes(71.5 * 1_073_741_824.0)));
        assert_eq!(read("step 3 peak mem 1,234 MB"), Some(Bytes(1.234e9)));
        assert_eq!(read("Peak memory on rank 0: 10.25 GiB"), Some(Bytes(10.25 * 1_073_741_824.0)));
    }

    #[test]
    fn vllms_parts_are_added_up() {
        let text = "INFO worker.py:267] the current vLLM instance can use total_gpu_memory (79.15GiB) x \
            gpu_memory_utilization (0.90) = 71.24GiB\nmodel weights take 14.99GiB; non_torch_memory takes 0.09GiB; PyTorch \
            activation peak memory takes 1.22GiB; the rest of the memory reserved for KV Cache is 54.94GiB.";
        let gib = read(text).unwrap().get() / 1_073_741_824.0;
        assert!((gib - 71.24).abs() < 1e-9, "{gib}");
    }

    #[test]
    fn what_tells_of_no_peak_is_none() {
        for text in [
            "",
            "peak",
            "Peak performance",
            "61W / 400W",
            "MiB /",
            "MiB / 81920MiB",
            "max_memory_allocated()",
            "é 3 peak é",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
