//! Blocks and codebooks on a WebGPU device.

use super::blocks::{Shader, Work};
use super::device::{Failure, Gpu, trap_values};
use crate::compute::backend::Unavailable;
use crate::compute::cpu;
use crate::compute::encoding::{Encoded, Encoding};
use crate::platform::webgpu::{Buffer, Kernel};
use crate::quantize;
use std::cell::OnceCell;

/// Kernels by [`Shader`], compiled when a tensor first needs them: in software that takes its time.
#[derive(Default)]
pub(super) struct BlockKernels([OnceCell<Kernel>; Shader::ALL.len()]);

impl Gpu {
    /// Encodes a tensor in a format of blocks or of a codebook, of any size, as [`cpu::blocks::encode`] does.
    ///
    /// # Errors
    /// [`Failure`]; formats with a search, and those that are encoded value by value, are not suitable.
    pub async fn encode(&self, encoding: Encoding, values: &[f32]) -> Result<Encoded, Failure> {
        if values.is_empty() {
            return Err(Failure::Impossible(quantize::Error::Empty));
        }
        let tensor_scale = encoding.tensor_scale(values);
        let Some(work) = Work::new(encoding, tensor_scale) else {
            return Err(Failure::NotSuitable("the GPU has no kernel for its format"));
        };
        let kernel = self.block_kernel(encoding, &work).await?;
        Ok(self.run_blocks(kernel, &work, values).await?.finished(encoding, tensor_scale))
    }

    /// The kernel, compared with the scalar path before it is first used.
    async fn block_kernel(&self, encoding: Encoding, work: &Work) -> Result<&Kernel, Failure> {
        let place = &self.blocks.0[work.shader as usize];
        if let Some(kernel) = place.get() {
            return Ok(kernel);
        }
        self.device.begin_checked();
        let kernel = self.device.kernel(&work.shader.text()).await;
        self.device.end_checked().await?;
        let kernel = kernel?;
        let mismatch = || Failure::Device(Unavailable::SelfCheck(encoding.format.name.to_owned()));
        let traps = trap_values();
        let tensor_scale = encoding.tensor_scale(&traps);
        let work = Work::new(encoding, tensor_scale).ok_or_else(mismatch)?;
        let encoded = self.run_blocks(&kernel, &work, &traps).await?.finished(encoding, tensor_scale);
        if cpu::blocks::encode(encoding, &traps) != Some(encoded) {
            return Err(mismatch());
        }
        Ok(place.get_or_init(|| kernel))
    }

    async fn run_blocks(&self, kernel: &Kernel, work: &Work, values: &[f32]) -> Result<Encoded, Failure> {
        self.device.begin_checked();
        let mut encoded = Encoded::default();
        let mut outcome = Ok(());
        for slice in values.chunks(work.submit_values()) {
            outcome = self.run_slice(kernel, work, slice, &mut encoded).await;
            if outcome.is_err() {
                break;
            }
        }
        self.device.end_checked().await?;
        outcome.map(|()| encoded)
    }

    async fn run_slice(
        &self,
        kernel: &Kernel,
        work: &Work,
        values: &[f32],
        encoded: &mut Encoded,
    ) -> Result<(), Failure> {
        let device = &self.device;
        let blocks = values.len().div_ceil(work.block_size);
        // New buffers hold zeros: so does the end of the last block.
        let tensor = device.storage(blocks * work.block_size)?;
        device.write(&tensor, 0, &values.iter().map(|x| x.to_bits()).collect::<Vec<u32>>())?;
        let out = device.storage(blocks * work.block_words())?;
        let params = device.uniform_of(&work.params(blocks))?;
        let list = (work.shader == Shader::Codebook).then(|| device.storage_of(&work.list)).transpose()?;
        let mut bindings: Vec<(u32, &Buffer)> = vec![(0, &params), (1, &tensor), (2, &out)];
        bindings.extend(list.iter().map(|list| (3, list)));
        device.dispatch(kernel, &bindings, (Work::groups(blocks), 1));
        work.read(&device.read(&out).await?, values.len(), encoded);
        Ok(())
    }
}
