//! The two passes on a WebGPU device.

use super::shaders::Shader;
use super::work::{GROUP_WORDS, Work};
use super::{layout, shaders, traps};
use crate::compute::backend::Unavailable;
use crate::compute::cpu::scalar;
use crate::formats::table::E4M3FN;
use crate::formats::{BF16, FP16, INT8, Kind};
use crate::platform::webgpu::{self, Buffer, Device, Error as GpuError, Kernel};
use crate::quantize::{self, Exponents, Granularity, Plan, Quantizer, Scheme, Tally};
use std::cell::OnceCell;

/// A device with its kernels, after its self-check.
pub struct Gpu {
    device: Device,
    range: Kernel,
    /// The second pass by [`Shader`], compiled when a tensor first needs it: in software that takes its time.
    measure: [OnceCell<Kernel>; Shader::ALL.len()],
    /// The pass over blocks before it.
    blocks: [OnceCell<Kernel>; Shader::ALL.len()],
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
        device.end_checked().await?;
        let gpu = Self { device, range: range?, measure: Default::default(), blocks: Default::default() };
        gpu.self_check().await?;
        Ok(gpu)
    }

    /// Values with every trap, in formats that take every branch of the kernels that the page starts with, against the scalar
    /// path. The kernels are the same for all rows of a kind, and a software device takes its time over each.
    async fn self_check(&self) -> Result<(), Unavailable> {
        for format in [&BF16, &FP16, &E4M3FN, &INT8] {
            for scheme in [Scheme::Symmetric, Scheme::Affine] {
                let quantizer = Quantizer { scheme, granularity: Granularity::Row, ..Quantizer::new(format) };
                if matches!(format.kind, Kind::Float(_)) && scheme == Scheme::Affine {
                    continue;
                }
                self.compile(quantizer).await?;
                self.check(quantizer).await?;
            }
        }
        Ok(())
    }

    /// Compiles what the settings need and is not there; whether there was such a thing.
    async fn compile(&self, quantizer: Quantizer) -> Result<bool, GpuError> {
        let Some(shader) = Shader::of(&quantizer) else { return Ok(false) };
        let mut is_new = false;
        let mut places = vec![(&self.measure, Shader::measure as fn(Shader) -> String)];
        if matches!(quantizer.format.kind, Kind::Block(_)) {
            places.push((&self.blocks, Shader::blocks));
        }
        for (kernels, text) in places {
            let place = &kernels[shader as usize];
            if place.get().is_none() {
                is_new = true;
                self.device.begin_checked();
                let kernel = self.device.kernel(&text(shader)).await;
                self.device.end_checked().await?;
                let kernel = kernel?;
                place.get_or_init(|| kernel);
            }
        }
        Ok(is_new)
    }

    /// The trap values by one quantizer, against the scalar path.
    async fn check(&self, quantizer: Quantizer) -> Result<(), Unavailable> {
        let values = traps::values();
        let (rows, cols) = (values.len() / traps::COLS, traps::COLS);
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
        if Shader::of(&quantizer).is_none() {
            return Err(Failure::NotSuitable("the GPU has no kernel for these settings"));
        }
        if let Some(why) = layout::refuses(rows, cols) {
            return Err(Failure::NotSuitable(why));
        }
        if self.compile(quantizer).await? {
            self.check(quantizer).await.map_err(Failure::Device)?;
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
        each_submit(rows, cols, |first_row, count| {
            let params = device.uniform_of(&layout::range_params(cols, first_row, count, each_row))?;
            device.dispatch(&self.range, &[(0, &params), (1, &tensor), (2, &ranges)], groups_of(cols, count));
            Ok(())
        })?;
        let ranges = layout::read_ranges(&device.read(&ranges).await?);
        progress(0.3);

        let plan = Plan::new(quantizer, rows, cols, &ranges).map_err(Failure::Impossible)?;
        let not_made = || Failure::NotSuitable("its kernel was not made");
        let work = Work::new(&plan).ok_or_else(not_made)?;
        let measure = self.measure[work.shader as usize].get().ok_or_else(not_made)?;
        let edges = device.storage_of(&layout::edges(&plan))?;
        let codes = device.storage(rows * work.row_words())?;
        let counts = device.storage_of(&[0; layout::COUNTS])?;
        let sums = device.storage(rows * work.chunks_a_row() * layout::SUMS)?;
        let list = (!work.list.is_empty()).then(|| device.storage_of(&work.list)).transpose()?;
        let scales = if work.is_in_blocks() {
            let scales = device.storage(rows * work.groups_a_row * GROUP_WORDS)?;
            let blocks = self.blocks[work.shader as usize].get().ok_or_else(not_made)?;
            each_submit(rows, cols, |first_row, count| {
                let params = device.uniform_of(&layout::params(&plan, &work, first_row, count))?;
                let bindings = [(0, &params), (1, &tensor), (6, &scales)];
                device.dispatch(blocks, &bindings, (work.block_groups(count), 1));
                Ok(())
            })?;
            scales
        } else {
            device.storage_of(&work.scales)?
        };
        each_submit(rows, cols, |first_row, count| {
            let params = device.uniform_of(&layout::params(&plan, &work, first_row, count))?;
            let mut bindings: Vec<(u32, &Buffer)> =
                vec![(0, &params), (1, &tensor), (2, &edges), (3, &codes), (4, &counts), (5, &sums), (6, &scales)];
            bindings.extend(list.iter().map(|list| (7, list)));
            device.dispatch(measure, &bindings, (work.measure_groups(count), 1));
            Ok(())
        })?;
        let counts = device.read(&counts).await?;
        progress(0.8);
        let sums: Vec<f32> = device.read(&sums).await?.into_iter().map(f32::from_bits).collect();
        let scales = if work.shader == Shader::Ggml { device.read(&scales).await? } else { Vec::new() };
        let codes = work.read_codes(&plan, &device.read(&codes).await?, &scales);
        progress(1.0);
        let tally = layout::read_tally(&plan, &counts, &sums)
            .ok_or(Failure::NotSuitable("its values differ too much in size for f32 sums"))?;
        Ok((plan, Tally { exponents: Exponents::of(values), ..tally }, codes))
    }
}

/// Calls `submit(first_row, rows)` for runs of rows short enough for one submit.
fn each_submit(
    rows: usize,
    cols: usize,
    mut submit: impl FnMut(usize, usize) -> Result<(), GpuError>,
) -> Result<(), GpuError> {
    let submit_rows = layout::submit_rows(cols);
    (0..rows).step_by(submit_rows).try_for_each(|first_row| submit(first_row, submit_rows.min(rows - first_row)))
}

/// Workgroups over so many columns and rows.
const fn groups_of(cols: usize, rows: usize) -> (u32, u32) {
    (cols.div_ceil(layout::GROUP_VALUES) as u32, rows as u32)
}
