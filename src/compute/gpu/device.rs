//! The two passes on a WebGPU device.

use super::encode::BlockKernels;
use super::{layout, shaders};
use crate::compute::backend::Unavailable;
use crate::compute::cpu::scalar;
use crate::formats::table::E4M3FN;
use crate::formats::{BF16, FP16, INT8, Kind};
use crate::platform::webgpu::{self, Buffer, Device, Error as GpuError, Kernel};
use crate::quantize::{self, Element, Granularity, Plan, Quantizer, Scheme, Tally};
use std::cell::OnceCell;

/// A device with its kernels, after its self-check.
pub struct Gpu {
    pub(super) device: Device,
    range: Kernel,
    float: Kernel,
    integer: Kernel,
    /// Compiled when a tensor first needs it: in software that takes its time.
    exponent: OnceCell<Kernel>,
    pub(super) blocks: BlockKernels,
}

/// Why the GPU did not do a job.
#[derive(Debug)]
pub enum Failure {
    /// The tensor is not for the GPU; the CPU does it.
    NotSuitable(&'static str),
    /// The job is impossible on any backend.
    Impossible(quantize::Error),
    /// The device failed; it is not used again.
    Device(Unavailable),
}

impl From<GpuError> for Failure {
    fn from(error: GpuError) -> Self {
        Self::Device(error.into())
    }
}

impl From<GpuError> for Unavailable {
    fn from(error: GpuError) -> Self {
        match error {
            GpuError::NoApi => Self::NoApi,
            GpuError::NoAdapter => Self::NoAdapter,
            GpuError::Lost(message) => Self::Lost(message),
            GpuError::Failed(message) => Self::Refused(message),
        }
    }
}

impl Gpu {
    /// Starts the adapter's device, compiles the kernels, and compares them with the scalar CPU path.
    ///
    /// # Errors
    /// Why there is no GPU to use.
    pub async fn start(adapter: &webgpu::Adapter) -> Result<Self, Unavailable> {
        let device = Device::request(adapter).await?;
        device.begin_checked();
        let range = device.kernel(&shaders::range()).await;
        let float = device.kernel(&shaders::float()).await;
        let integer = device.kernel(&shaders::integer()).await;
        device.end_checked().await?;
        let (range, float, integer) = (range?, float?, integer?);
        let (exponent, blocks) = (OnceCell::new(), BlockKernels::default());
        let gpu = Self { device, range, float, integer, exponent, blocks };
        gpu.self_check().await?;
        Ok(gpu)
    }

    /// 256 values with every trap, in formats that take every branch of the kernels, against the scalar path. The kernels
    /// are the same for all rows of a kind, and a software device takes its time over each.
    async fn self_check(&self) -> Result<(), Unavailable> {
        for format in [&BF16, &FP16, &E4M3FN, &INT8] {
            for scheme in [Scheme::Symmetric, Scheme::Affine] {
                let quantizer = Quantizer { scheme, granularity: Granularity::Row, ..Quantizer::new(format) };
                if matches!(format.kind, Kind::Float(_)) && scheme == Scheme::Affine {
                    continue;
                }
                self.check(quantizer).await?;
            }
        }
        Ok(())
    }

    /// The trap values by one quantizer, against the scalar path.
    async fn check(&self, quantizer: Quantizer) -> Result<(), Unavailable> {
        let values = trap_values();
        let (rows, cols) = (4, 64);
        let mismatch = || Unavailable::SelfCheck(quantizer.format.name.to_owned());
        let (plan, tally, codes) = match self.checked_passes(quantizer, rows, cols, &values, |_| {}).await {
            Ok(done) => done,
            Err(Failure::Device(why)) => return Err(why),
            Err(_) => return Err(mismatch()),
        };
        let ranges = scalar::ranges(&values, cols, quantizer.scales_each_row());
        let expected_plan = Plan::new(quantizer, rows, cols, &ranges).map_err(|_| mismatch())?;
        let mut expected_codes = Vec::new();
        let mut expected = scalar::measure(&expected_plan, 0, &values, &mut expected_codes);
        expected.sums = tally.sums;
        let is_same = plan == expected_plan && tally == expected && codes == expected_codes;
        if is_same { Ok(()) } else { Err(mismatch()) }
    }

    /// Compiles the kernel of exponents and checks it, unless that was done.
    async fn prepare_exponent(&self, quantizer: Quantizer) -> Result<(), Failure> {
        if self.exponent.get().is_some() {
            return Ok(());
        }
        self.device.begin_checked();
        let kernel = self.device.kernel(&shaders::exponent()).await;
        self.device.end_checked().await?;
        let kernel = kernel?;
        self.exponent.get_or_init(|| kernel);
        self.check(quantizer).await.map_err(Failure::Device)
    }

    /// Both passes over a whole tensor. `progress` is told the share that is done, 0..=1.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn run(
        &self,
        quantizer: Quantizer,
        rows: usize,
        cols: usize,
        values: &[f32],
        progress: impl FnMut(f64),
    ) -> Result<(Plan, Tally, Vec<u8>), Failure> {
        if values.is_empty() {
            return Err(Failure::Impossible(quantize::Error::Empty));
        }
        if !quantizer.is_plain() {
            return Err(Failure::NotSuitable("the GPU has no kernel for these settings"));
        }
        if let Some(why) = layout::refuses(rows, cols) {
            return Err(Failure::NotSuitable(why));
        }
        if matches!(quantizer.format.kind, Kind::Exponent(_)) {
            self.prepare_exponent(quantizer).await?;
        }
        self.checked_passes(quantizer, rows, cols, values, progress).await
    }

    async fn checked_passes(
        &self,
        quantizer: Quantizer,
        rows: usize,
        cols: usize,
        values: &[f32],
        mut progress: impl FnMut(f64),
    ) -> Result<(Plan, Tally, Vec<u8>), Failure> {
        let device = &self.device;
        device.begin_checked();
        let passes = self.passes(quantizer, rows, cols, values, &mut progress).await;
        device.end_checked().await?;
        passes
    }

    async fn passes(
        &self,
        quantizer: Quantizer,
        rows: usize,
        cols: usize,
        values: &[f32],
        progress: &mut impl FnMut(f64),
    ) -> Result<(Plan, Tally, Vec<u8>), Failure> {
        let device = &self.device;
        let tensor = device.storage(values.len())?;
        for (i, slice) in values.chunks(layout::SUBMIT_VALUES).enumerate() {
            let words: Vec<u32> = slice.iter().map(|x| x.to_bits()).collect();
            device.write(&tensor, i * layout::SUBMIT_VALUES, &words)?;
        }
        let each_row = quantizer.scales_each_row();
        let groups = if each_row { rows } else { 1 };
        let ranges = device.storage_of(&[u32::MAX, 0].repeat(groups))?;
        self.each_submit(rows, cols, |first_row, size| {
            let params = device.uniform_of(&layout::params(None, cols, first_row, each_row))?;
            device.dispatch(&self.range, &[(0, &params), (1, &tensor), (2, &ranges)], size);
            Ok(())
        })?;
        let ranges = layout::read_ranges(&device.read(&ranges).await?);
        progress(0.3);

        let plan = Plan::new(quantizer, rows, cols, &ranges).map_err(Failure::Impossible)?;
        let edges = device.storage_of(&layout::edges(&plan))?;
        let codes = device.storage(rows * layout::row_words(&plan))?;
        let counts = device.storage_of(&[0; layout::COUNTS])?;
        let sums = device.storage(rows * cols.div_ceil(layout::GROUP_VALUES) * layout::SUMS)?;
        let grids = device.storage_of(&layout::grids(&plan))?;
        let kernel = match plan.element {
            Element::Integer(_) => &self.integer,
            Element::Exponent(_) => self.exponent.get().ok_or(Failure::NotSuitable("its kernel was not made"))?,
            _ => &self.float,
        };
        self.each_submit(rows, cols, |first_row, size| {
            let params = device.uniform_of(&layout::params(Some(&plan), cols, first_row, each_row))?;
            let mut bindings: Vec<(u32, &Buffer)> =
                vec![(0, &params), (1, &tensor), (2, &edges), (3, &codes), (4, &counts), (5, &sums)];
            if matches!(plan.element, Element::Integer(_)) {
                bindings.push((6, &grids));
            }
            device.dispatch(kernel, &bindings, size);
            Ok(())
        })?;
        let counts = device.read(&counts).await?;
        progress(0.8);
        let sums: Vec<f32> = device.read(&sums).await?.into_iter().map(f32::from_bits).collect();
        let codes = layout::read_codes(&plan, &device.read(&codes).await?);
        progress(1.0);
        let tally = layout::read_tally(&plan, &counts, &sums)
            .ok_or(Failure::NotSuitable("its errors are too small beside its largest value"))?;
        Ok((plan, tally, codes))
    }

    /// Calls `submit(first_row, (groups_x, rows))` for runs of rows short enough for one submit.
    fn each_submit(
        &self,
        rows: usize,
        cols: usize,
        mut submit: impl FnMut(usize, (u32, u32)) -> Result<(), GpuError>,
    ) -> Result<(), GpuError> {
        let rows_a_submit = (layout::SUBMIT_VALUES / cols).max(1);
        for first_row in (0..rows).step_by(rows_a_submit) {
            let count = rows_a_submit.min(rows - first_row);
            submit(first_row, (cols.div_ceil(layout::GROUP_VALUES) as u32, count as u32))?;
        }
        Ok(())
    }
}

/// 4 rows of 64: specials, ties, subnormals and overflow edges of the formats, and values of every size between.
pub(super) fn trap_values() -> Vec<f32> {
    let specials = [
        0.0,
        -0.0,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        1e-45,
        -1e-40,
        1.175_494_2e-38,
        5.9e-8,
        2.98e-8,
        6.103_515_6e-5,
        6.097_555e-5,
        1.0,
        1.001_953_1,
        1.005_859_4,
        65_504.0,
        65_519.9,
        65_520.0,
        -70_000.0,
        0.1,
        3.0,
        1.0 / 3.0,
        -2.5,
        3.5,
        127.5,
        0.5,
        1e-3,
        -1e-7,
        240.0,
        448.0,
        464.0,
        1e5,
    ];
    let mut state = 1u32;
    (0..256)
        .map(|i| {
            if i % 64 < 32 {
                specials[(i % 64 + i / 64 * 8) % 32]
            } else {
                // A linear congruential generator (Numerical Recipes) is plenty for spreading test values.
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state as f32 / u32::MAX as f32 - 0.5) * 10f32.powi((i % 11) as i32 - 6)
            }
        })
        .collect()
}
