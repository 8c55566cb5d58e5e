//! Accelerators: how much they hold and how fast they are.
//!
//! Vendors print memory sizes that no program ever sees. NVIDIA's "80GB" is binary (81 920 MiB = 85.9 × 10⁹ bytes),
//! and an L40S "48GB" shows 46 068 MiB with ECC on. So the box label and the visible size are two fields, and
//! [`Gpu::memory`] decides which one a plan should use. Peaks are **dense**: the figures that most lists print for H100
//! (1979) and GeForce assume structured sparsity or FP16 accumulation and are twice as high.
//!
//! The table holds only rows of which every figure was confirmed. The sources are copies that cite the vendors.

use crate::source::{Source, in_engine};
use crate::units::{Bytes, FlopPerSecond};

/// Who makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vendor {
    /// NVIDIA.
    Nvidia,
    /// AMD.
    Amd,
    /// Intel.
    Intel,
    /// Google (TPUs; rented, not sold).
    Google,
}

impl Vendor {
    /// The name as the vendor writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nvidia => "NVIDIA",
            Self::Amd => "AMD",
            Self::Intel => "Intel",
            Self::Google => "Google",
        }
    }
}

/// Peak rates without sparsity, in 10¹² operations per second; `None` where the vendor publishes none.
///
/// GeForce figures are those with FP32 accumulation, which is what training uses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DensePeak {
    /// BF16 TFLOPS.
    pub bf16: Option<f64>,
    /// FP16 TFLOPS.
    pub fp16: Option<f64>,
    /// FP8 TFLOPS.
    pub fp8: Option<f64>,
    /// INT8 TOPS.
    pub int8: Option<f64>,
    /// FP4 TFLOPS.
    pub fp4: Option<f64>,
}

/// One accelerator; see [`GPUS`] for how to add one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gpu {
    /// Permanent key, used in links.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// Who makes it.
    pub vendor: Vendor,
    /// The number printed on the box. Its unit is whatever the vendor means by GB; don't compute with it.
    pub memory_label_gb: u32,
    /// The total that `nvidia-smi` reports, in MiB, where a listing was found.
    pub memory_mib_visible: Option<u32>,
    /// Memory bandwidth in 10⁹ bytes per second.
    pub bandwidth_gb_s: f64,
    /// Dense peak rates.
    pub peak: DensePeak,
    /// Board power in watts, where published.
    pub tdp_w: Option<f64>,
    /// Where the figures were read.
    pub source: Source,
    /// What a careful reader should know: conflicts between sources, missing formats.
    pub note: Option<&'static str>,
}

impl Gpu {
    /// The bytes to plan with: the visible size where it is known, else the label read as GiB (slightly optimistic,
    /// since firmware and ECC keep some).
    #[must_use]
    pub fn memory(&self) -> Bytes {
        const MIB: f64 = 1024.0 * 1024.0;
        match self.memory_mib_visible {
            Some(mib) => Bytes(f64::from(mib) * MIB),
            None => Bytes(f64::from(self.memory_label_gb) * 1024.0 * MIB),
        }
    }

    /// The dense 16-bit peak that training runs at, and the format it is for: BF16, or FP16 on parts that have no BF16.
    #[must_use]
    pub fn training_peak(&self) -> Option<(FlopPerSecond, &'static str)> {
        let (tera, format) = match (self.peak.bf16, self.peak.fp16) {
            (Some(bf16), _) => (bf16, "BF16"),
            (None, Some(fp16)) => (fp16, "FP16"),
            (None, None) => return None,
        };
        Some((FlopPerSecond(tera * 1e12), format))
    }
}

/// The id of the accelerator that a fresh page starts with: the one the course's cheat sheet compares against.
pub const DEFAULT_GPU: &str = "a100-80gb-sxm4";

/// The row with this id.
#[must_use]
pub fn gpu(id: &str) -> Option<&'static Gpu> {
    GPUS.iter().find(|row| row.id == id)
}

const ML_ENGINEERING: &str =
    in_engine("https://github.com/stas00/ml-engineering/blob/744d01e/compute/accelerator/README.md");
const LLM_VIEWER: &str = in_engine("https://github.com/hahnyuan/LLM-Viewer/blob/472f71f/hardwares/hardware_params.py");
const LLM_ANALYSIS: &str = in_engine("https://github.com/cli99/llm-analysis/tree/d841e40/llm_analysis/gpu_configs");
const LLMFIT: &str = in_engine("https://github.com/AlexsJones/llmfit/blob/3f44fd3/llmfit-core/src/hardware.rs");

/// Every accelerator, by vendor and then by size.
///
/// Adding one: confirm every figure in a source that cites the vendor, put its figures in `tests/golden/gpus.json`, and
/// add a whole row at its place in the order. Nothing else changes: menus, verdicts and budgets read this table.
///
/// ```text
/// Gpu {
///     id: "l40s",                          // kebab-case, permanent
///     name: "L40S",
///     vendor: Vendor::Nvidia,
///     memory_label_gb: 48,                 // the box
///     memory_mib_visible: Some(46_068),    // nvidia-smi, ECC on
///     bandwidth_gb_s: 864.0,               // decimal GB/s
///     peak: DensePeak { bf16: Some(362.0), fp16: Some(362.0), fp8: Some(733.0), int8: Some(733.0), fp4: None },
///     tdp_w: Some(350.0),
///     source: Source::in_engine("stas00/ml-engineering; nvidia-smi listings", ML_ENGINEERING, "2026-11"),
///     note: None,                          // a conflict between sources goes here
/// },
/// ```
pub static GPUS: &[Gpu] = &[
    Gpu {
        id: "t4",
        name: "T4",
        vendor: Vendor::Nvidia,
        memory_label_gb: 16,
        memory_mib_visible: Some(15_360),
        bandwidth_gb_s: 320.0,
        peak: DensePeak { bf16: None, fp16: Some(65.0), fp8: None, int8: Some(130.0), fp4: None },
        tdp_w: Some(70.0),
        source: Source::in_engine(
            "AlexsJones/llmfit; RajBhope/gpu-runtime-predictor; hmc-tech.com; nvidia-smi listings",
            LLMFIT,
            "2026-11",
        ),
        note: Some(in_engine(
            "no BF16/FP8 tensor cores; vendor prints '320+ GB/s'; INT4 260 TOPS; 15360 MiB is with ECC on",
        )),
    },
    Gpu {
        id: "v100-sxm2-16gb",
        name: "V100 SXM2 16GB",
        vendor: Vendor::Nvidia,
        memory_label_gb: 16,
        memory_mib_visible: None,
        bandwidth_gb_s: 900.0,
        peak: DensePeak { bf16: None, fp16: Some(125.0), fp8: None, int8: None, fp4: None },
        tdp_w: Some(300.0),
        source: Source::in_engine(
            "cli99/llm-analysis; NVIDIA datasheets (quoted); AlexsJones/llmfit",
            LLM_ANALYSIS,
            "2026-11",
        ),
        note: Some(in_engine("no BF16, no INT8 tensor cores (llm_counts lists INT8 224: wrong)")),
    },
    Gpu {
        id: "l4",
        name: "L4",
        vendor: Vendor::Nvidia,
        memory_label_gb: 24,
        memory_mib_visible: Some(23_034),
        bandwidth_gb_s: 300.0,
        peak: DensePeak { bf16: Some(121.0), fp16: Some(121.0), fp8: Some(242.5), int8: Some(242.5), fp4: None },
        tdp_w: Some(72.0),
        source: Source::in_engine(
            "AlexsJones/llmfit; a comparison of L4 and L40S; nvidia-smi listings",
            LLMFIT,
            "2026-11",
        ),
        note: Some(in_engine("vendor prints 242/485 with sparsity; hmc-tech computes 125/251 from clocks")),
    },
    Gpu {
        id: "rtx-3090",
        name: "RTX 3090",
        vendor: Vendor::Nvidia,
        memory_label_gb: 24,
        memory_mib_visible: Some(24_576),
        bandwidth_gb_s: 936.0,
        peak: DensePeak { bf16: Some(71.2), fp16: Some(71.2), fp8: None, int8: Some(284.0), fp4: None },
        tdp_w: Some(350.0),
        source: Source::in_engine(
            "AlexsJones/llmfit; NVIDIA whitepapers (quoted); ohdoking/gpu_spec; \
                    Osmantic/ODS #3324 and ollama #5022",
            LLMFIT,
            "2026-11",
        ),
        note: Some(in_engine("FP16 with FP16 accumulate 142")),
    },
    Gpu {
        id: "rtx-3090-ti",
        name: "RTX 3090 Ti",
        vendor: Vendor::Nvidia,
        memory_label_gb: 24,
        memory_mib_visible: None,
        bandwidth_gb_s: 1008.0,
        peak: DensePeak { bf16: Some(80.0), fp16: Some(80.0), fp8: None, int8: None, fp4: None },
        tdp_w: Some(450.0),
        source: Source::in_engine("AlexsJones/llmfit; hmc-tech.com", LLMFIT, "2026-11"),
        note: None,
    },
    Gpu {
        id: "rtx-4090",
        name: "RTX 4090",
        vendor: Vendor::Nvidia,
        memory_label_gb: 24,
        memory_mib_visible: Some(24_564),
        bandwidth_gb_s: 1008.0,
        peak: DensePeak { bf16: Some(165.2), fp16: Some(165.2), fp8: Some(330.3), int8: Some(660.6), fp4: None },
        tdp_w: Some(450.0),
        source: Source::in_engine(
            "AlexsJones/llmfit; NVIDIA whitepapers (quoted); waredb.com and gigagpu.com; nvidia-smi listings",
            LLMFIT,
            "2026-11",
        ),
        note: Some(in_engine(
            "FP32 accumulate. FP16 accumulate: FP16 330.3, FP8 660.6. gpu_poor uses 82.58 (non-tensor)",
        )),
    },
    Gpu {
        id: "v100-sxm2-32gb",
        name: "V100 SXM2 32GB",
        vendor: Vendor::Nvidia,
        memory_label_gb: 32,
        memory_mib_visible: None,
        bandwidth_gb_s: 900.0,
        peak: DensePeak { bf16: None, fp16: Some(125.0), fp8: None, int8: None, fp4: None },
        tdp_w: Some(300.0),
        source: Source::in_engine(
            "cli99/llm-analysis; NVIDIA datasheets (quoted); AlexsJones/llmfit",
            LLM_ANALYSIS,
            "2026-11",
        ),
        note: None,
    },
    Gpu {
        id: "a100-40gb-pcie",
        name: "A100 40GB PCIe",
        vendor: Vendor::Nvidia,
        memory_label_gb: 40,
        memory_mib_visible: Some(40_960),
        bandwidth_gb_s: 1555.0,
        peak: DensePeak { bf16: Some(312.0), fp16: Some(312.0), fp8: None, int8: Some(624.0), fp4: None },
        tdp_w: Some(250.0),
        source: Source::in_engine(
            "cli99/llm-analysis; stas00/ml-engineering; nvidia-smi listings",
            ML_ENGINEERING,
            "2026-11",
        ),
        note: None,
    },
    Gpu {
        id: "a100-40gb-sxm4",
        name: "A100 40GB SXM4",
        vendor: Vendor::Nvidia,
        memory_label_gb: 40,
        memory_mib_visible: Some(40_960),
        bandwidth_gb_s: 1555.0,
        peak: DensePeak { bf16: Some(312.0), fp16: Some(312.0), fp8: None, int8: Some(624.0), fp4: None },
        tdp_w: Some(400.0),
        source: Source::in_engine(
            "cli99/llm-analysis; hahnyuan/LLM-Viewer; NVIDIA datasheets (quoted); nvidia-smi listings",
            LLM_VIEWER,
            "2026-11",
        ),
        note: None,
    },
    Gpu {
        id: "a40",
        name: "A40",
        vendor: Vendor::Nvidia,
        memory_label_gb: 48,
        memory_mib_visible: Some(46_068),
        bandwidth_gb_s: 696.0,
        peak: DensePeak { bf16: Some(149.7), fp16: Some(149.7), fp8: None, int8: Some(299.3), fp4: None },
        tdp_w: Some(300.0),
        source: Source::in_engine("hahnyuan/LLM-Viewer; nvidia-smi listings", LLM_VIEWER, "2026-11"),
        note: Some(in_engine("46068 MiB ECC on / 49140 MiB ECC off")),
    },
    Gpu {
        id: "rtx-a6000",
        name: "RTX A6000",
        vendor: Vendor::Nvidia,
        memory_label_gb: 48,
        memory_mib_visible: Some(49_140),
        bandwidth_gb_s: 768.0,
        peak: DensePeak { bf16: Some(154.8), fp16: Some(154.8), fp8: None, int8: Some(309.7), fp4: None },
        tdp_w: Some(300.0),
        source: Source::in_engine(
            "cli99/llm-analysis; hahnyuan/LLM-Viewer; NVIDIA whitepapers (quoted); nvidia-smi listings",
            LLM_VIEWER,
            "2026-11",
        ),
        note: None,
    },
    Gpu {
        id: "l40s",
        name: "L40S",
        vendor: Vendor::Nvidia,
        memory_label_gb: 48,
        memory_mib_visible: Some(46_068),
        bandwidth_gb_s: 864.0,
        peak: DensePeak { bf16: Some(362.0), fp16: Some(362.0), fp8: Some(733.0), int8: Some(733.0), fp4: None },
        tdp_w: Some(350.0),
        source: Source::in_engine("stas00/ml-engineering; nvidia-smi listings", ML_ENGINEERING, "2026-11"),
        note: None,
    },
    Gpu {
        id: "a100-80gb-pcie",
        name: "A100 80GB PCIe",
        vendor: Vendor::Nvidia,
        memory_label_gb: 80,
        memory_mib_visible: Some(81_920),
        bandwidth_gb_s: 1935.0,
        peak: DensePeak { bf16: Some(312.0), fp16: Some(312.0), fp8: None, int8: Some(624.0), fp4: None },
        tdp_w: Some(300.0),
        source: Source::in_engine(
            "cli99/llm-analysis; stas00/ml-engineering; nvidia-smi listings",
            ML_ENGINEERING,
            "2026-11",
        ),
        note: None,
    },
    Gpu {
        id: "a100-80gb-sxm4",
        name: "A100 80GB SXM4",
        vendor: Vendor::Nvidia,
        memory_label_gb: 80,
        memory_mib_visible: Some(81_920),
        bandwidth_gb_s: 2039.0,
        peak: DensePeak { bf16: Some(312.0), fp16: Some(312.0), fp8: None, int8: Some(624.0), fp4: None },
        tdp_w: Some(400.0),
        source: Source::in_engine(
            "AlexsJones/llmfit; hahnyuan/LLM-Viewer; stas00/ml-engineering; NVIDIA datasheets (quoted); \
                    nvidia-smi listings",
            ML_ENGINEERING,
            "2026-11",
        ),
        note: Some(in_engine("stas00 rounds bandwidth to 2.00 TB/s; datasheet quote 2039 GB/s")),
    },
    Gpu {
        id: "h100-sxm5-80gb",
        name: "H100 SXM5 80GB",
        vendor: Vendor::Nvidia,
        memory_label_gb: 80,
        memory_mib_visible: Some(81_559),
        bandwidth_gb_s: 3350.0,
        peak: DensePeak { bf16: Some(989.5), fp16: Some(989.5), fp8: Some(1979.0), int8: Some(1979.0), fp4: None },
        tdp_w: Some(700.0),
        source: Source::in_engine(
            "stas00/ml-engineering; NVIDIA datasheets (quoted); cli99/llm-analysis; nvidia-smi listings",
            ML_ENGINEERING,
            "2026-11",
        ),
        note: None,
    },
    Gpu {
        id: "rtx-pro-6000-blackwell",
        name: "RTX PRO 6000 Blackwell",
        vendor: Vendor::Nvidia,
        memory_label_gb: 96,
        memory_mib_visible: None,
        bandwidth_gb_s: 1792.0,
        peak: DensePeak { bf16: Some(503.8), fp16: Some(503.8), fp8: None, int8: None, fp4: None },
        tdp_w: Some(600.0),
        source: Source::in_engine("NVIDIA whitepapers (quoted); stas00/ml-engineering", ML_ENGINEERING, "2026-11"),
        note: None,
    },
    Gpu {
        id: "h200-sxm-141gb",
        name: "H200 SXM 141GB",
        vendor: Vendor::Nvidia,
        memory_label_gb: 141,
        memory_mib_visible: Some(143_771),
        bandwidth_gb_s: 4800.0,
        peak: DensePeak { bf16: Some(989.5), fp16: Some(989.5), fp8: Some(1979.0), int8: Some(1979.0), fp4: None },
        tdp_w: Some(700.0),
        source: Source::in_engine("stas00/ml-engineering; nvidia-smi listings", ML_ENGINEERING, "2026-11"),
        note: None,
    },
    Gpu {
        id: "b200-sxm",
        name: "B200 SXM",
        vendor: Vendor::Nvidia,
        memory_label_gb: 180,
        memory_mib_visible: Some(183_359),
        bandwidth_gb_s: 8000.0,
        peak: DensePeak {
            bf16: Some(2250.0),
            fp16: Some(2250.0),
            fp8: Some(4500.0),
            int8: Some(4500.0),
            fp4: Some(9000.0),
        },
        tdp_w: Some(1000.0),
        source: Source::in_engine(
            "stas00/ml-engineering; harleyszhang/llm_counts; nvidia-smi listings",
            ML_ENGINEERING,
            "2026-11",
        ),
        note: Some(in_engine("192 GB physical, 180 GB usable on HGX/DGX; vLLM PR #21489 saw 178.36 GiB total")),
    },
    Gpu {
        id: "gb200-per-gpu",
        name: "GB200 (per GPU)",
        vendor: Vendor::Nvidia,
        memory_label_gb: 186,
        memory_mib_visible: None,
        bandwidth_gb_s: 8000.0,
        peak: DensePeak {
            bf16: Some(2500.0),
            fp16: Some(2500.0),
            fp8: Some(5000.0),
            int8: Some(5000.0),
            fp4: Some(10_000.0),
        },
        tdp_w: Some(1200.0),
        source: Source::in_engine("stas00/ml-engineering; harleyszhang/llm_counts", ML_ENGINEERING, "2026-11"),
        note: None,
    },
    Gpu {
        id: "instinct-mi250x",
        name: "Instinct MI250X",
        vendor: Vendor::Amd,
        memory_label_gb: 128,
        memory_mib_visible: None,
        bandwidth_gb_s: 3277.0,
        peak: DensePeak { bf16: Some(383.0), fp16: Some(383.0), fp8: None, int8: Some(383.0), fp4: None },
        tdp_w: Some(560.0),
        source: Source::in_engine("stas00/ml-engineering; AlexsJones/llmfit", ML_ENGINEERING, "2026-11"),
        note: Some(in_engine("two dies of 64 GB each show up as two devices; 500 W TDP / 560 W peak")),
    },
    Gpu {
        id: "instinct-mi300x",
        name: "Instinct MI300X",
        vendor: Vendor::Amd,
        memory_label_gb: 192,
        memory_mib_visible: None,
        bandwidth_gb_s: 5300.0,
        peak: DensePeak { bf16: Some(1307.4), fp16: Some(1307.4), fp8: Some(2614.9), int8: Some(2614.9), fp4: None },
        tdp_w: Some(750.0),
        source: Source::in_engine("stas00/ml-engineering", ML_ENGINEERING, "2026-11"),
        note: Some(in_engine("stas00 table rounds to 1300/2610/2600; 1307.4 from its clock formula")),
    },
    Gpu {
        id: "instinct-mi325x",
        name: "Instinct MI325X",
        vendor: Vendor::Amd,
        memory_label_gb: 256,
        memory_mib_visible: None,
        bandwidth_gb_s: 6000.0,
        peak: DensePeak { bf16: Some(1307.4), fp16: Some(1307.4), fp8: Some(2614.9), int8: Some(2614.9), fp4: None },
        tdp_w: Some(1000.0),
        source: Source::in_engine("stas00/ml-engineering", ML_ENGINEERING, "2026-11"),
        note: None,
    },
    Gpu {
        id: "instinct-mi355x",
        name: "Instinct MI355X",
        vendor: Vendor::Amd,
        memory_label_gb: 288,
        memory_mib_visible: None,
        bandwidth_gb_s: 8000.0,
        peak: DensePeak {
            bf16: Some(2500.0),
            fp16: Some(2500.0),
            fp8: Some(5000.0),
            int8: Some(5000.0),
            fp4: Some(10_100.0),
        },
        tdp_w: Some(1400.0),
        source: Source::in_engine("stas00/ml-engineering", ML_ENGINEERING, "2026-11"),
        note: Some(in_engine("AMD dense figures; 10.1 PFLOPS FP8 seen elsewhere is the sparse one")),
    },
    Gpu {
        id: "gaudi-2",
        name: "Gaudi 2",
        vendor: Vendor::Intel,
        memory_label_gb: 96,
        memory_mib_visible: None,
        bandwidth_gb_s: 2460.0,
        peak: DensePeak { bf16: Some(432.0), fp16: None, fp8: Some(865.0), int8: None, fp4: None },
        tdp_w: Some(600.0),
        source: Source::in_engine("stas00/ml-engineering", ML_ENGINEERING, "2026-11"),
        note: None,
    },
    Gpu {
        id: "gaudi-3",
        name: "Gaudi 3",
        vendor: Vendor::Intel,
        memory_label_gb: 128,
        memory_mib_visible: None,
        bandwidth_gb_s: 3700.0,
        peak: DensePeak { bf16: Some(1677.0), fp16: None, fp8: Some(1677.0), int8: None, fp4: None },
        tdp_w: Some(900.0),
        source: Source::in_engine("stas00/ml-engineering", ML_ENGINEERING, "2026-11"),
        note: Some(in_engine("whitepaper says 1835; shipping parts run 1600 MHz")),
    },
    Gpu {
        id: "tpu-v5e",
        name: "TPU v5e",
        vendor: Vendor::Google,
        memory_label_gb: 16,
        memory_mib_visible: None,
        bandwidth_gb_s: 820.0,
        peak: DensePeak { bf16: Some(197.0), fp16: None, fp8: None, int8: Some(394.0), fp4: None },
        tdp_w: None,
        source: Source::in_engine("stas00/ml-engineering", ML_ENGINEERING, "2026-11"),
        note: None,
    },
    Gpu {
        id: "tpu-v4",
        name: "TPU v4",
        vendor: Vendor::Google,
        memory_label_gb: 32,
        memory_mib_visible: None,
        bandwidth_gb_s: 1200.0,
        peak: DensePeak { bf16: Some(275.0), fp16: None, fp8: None, int8: Some(275.0), fp4: None },
        tdp_w: None,
        source: Source::in_engine("stas00/ml-engineering; NVIDIA datasheets (quoted)", ML_ENGINEERING, "2026-11"),
        note: None,
    },
    Gpu {
        id: "tpu-v5p",
        name: "TPU v5p",
        vendor: Vendor::Google,
        memory_label_gb: 95,
        memory_mib_visible: None,
        bandwidth_gb_s: 2760.0,
        peak: DensePeak { bf16: Some(459.0), fp16: None, fp8: None, int8: Some(918.0), fp4: None },
        tdp_w: None,
        source: Source::in_engine("stas00/ml-engineering", ML_ENGINEERING, "2026-11"),
        note: None,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_80gb_a100_holds_81920_mib() {
        let a100 = gpu(DEFAULT_GPU).unwrap();
        assert_eq!(a100.memory(), Bytes(85_899_345_920.0));
        assert_eq!(a100.training_peak(), Some((FlopPerSecond(312e12), "BF16")));
    }

    #[test]
    fn a_v100_trains_in_fp16_for_it_has_no_bf16() {
        assert_eq!(gpu("v100-sxm2-32gb").unwrap().training_peak(), Some((FlopPerSecond(125e12), "FP16")));
    }

    #[test]
    fn the_h100_peak_is_the_dense_one() {
        assert_eq!(gpu("h100-sxm5-80gb").unwrap().peak.bf16, Some(989.5));
    }

    #[test]
    fn rows_stand_by_vendor_and_then_by_size() {
        for pair in GPUS.windows(2) {
            let key = |row: &Gpu| (row.vendor as u8, row.memory_label_gb);
            assert!(key(&pair[0]) <= key(&pair[1]), "{} stands before {}", pair[0].id, pair[1].id);
        }
    }

    #[test]
    fn every_accelerator_can_train_in_16_bits() {
        assert!(GPUS.iter().all(|row| row.training_peak().is_some()));
    }
}
