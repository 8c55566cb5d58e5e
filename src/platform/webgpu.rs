//! WebGPU behind plain types: a device, kernels, buffers that are destroyed when they are dropped.

use super::clock::now_ms;
use super::task;
use js_sys::{Reflect, Uint32Array};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{
    Gpu, GpuAdapter, GpuAutoLayoutMode, GpuBindGroupDescriptor, GpuBindGroupEntry, GpuBuffer, GpuBufferBinding,
    GpuBufferDescriptor, GpuComputePipeline, GpuComputePipelineDescriptor, GpuDevice, GpuErrorFilter,
    GpuProgrammableStage, GpuShaderModuleDescriptor, gpu_buffer_usage, gpu_map_mode,
};

#[cfg(not(web_sys_unstable_apis))]
compile_error!(
    "WebGPU needs --cfg=web_sys_unstable_apis, set in .cargo/config.toml: is RUSTFLAGS set, which replaces it?"
);

/// The loss of a device is told at most so long after the first command that fails of it.
const LOSS_MS: f64 = 200.0;

/// Why there is no device, or why a command failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// `navigator.gpu` is missing.
    NoApi,
    /// No adapter behind it.
    NoAdapter,
    /// The device was lost.
    Lost(String),
    /// Anything else, in the browser's words.
    Failed(String),
}

impl From<JsValue> for Error {
    fn from(value: JsValue) -> Self {
        let text = value.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
        Self::Failed(text.unwrap_or_else(|| "the browser gave no reason".to_owned()))
    }
}

/// A graphics device that the browser offers, not yet started.
pub struct Adapter {
    adapter: GpuAdapter,
    /// Vendor and architecture, as far as the browser tells.
    pub name: String,
    /// A software device.
    pub is_fallback: bool,
}

/// A WebGPU device with its queue.
pub struct Device {
    device: GpuDevice,
    lost: Rc<RefCell<Option<String>>>,
}

impl Adapter {
    /// Asks for the default adapter.
    ///
    /// # Errors
    /// [`Error::NoApi`], [`Error::NoAdapter`], or the browser's refusal.
    pub async fn request() -> Result<Self, Error> {
        let gpu = api().ok_or(Error::NoApi)?;
        let adapter = gpu.request_adapter().await?.into_option().ok_or(Error::NoAdapter)?;
        let info = adapter.info();
        let name = [info.vendor(), info.architecture()].join(" ").trim().to_owned();
        // Software devices name themselves in different ways: Chromium's says so in a flag or by its name, Mesa's
        // lavapipe (which Firefox lists without either) only by the flag.
        let is_fallback = info.is_fallback_adapter() || name.contains("swiftshader");
        Ok(Self { adapter, name, is_fallback })
    }
}

impl Device {
    /// Starts the adapter's device, with default limits.
    ///
    /// # Errors
    /// The browser's refusal.
    pub async fn request(adapter: &Adapter) -> Result<Self, Error> {
        let device = adapter.adapter.request_device().await?;
        let lost = Rc::new(RefCell::new(None));
        let noted = lost.clone();
        let promise = device.lost();
        task::spawn(async move {
            if let Ok(info) = promise.await {
                *noted.borrow_mut() = Some(info.message());
            }
        });
        Ok(Self { device, lost })
    }

    /// Compiles a kernel; its entry point is `main`.
    ///
    /// # Errors
    /// The compiler's message.
    pub async fn kernel(&self, wgsl: &str) -> Result<Kernel, Error> {
        let module = self.device.create_shader_module(&GpuShaderModuleDescriptor::new(wgsl));
        let stage = GpuProgrammableStage::new(&module);
        stage.set_entry_point("main");
        let descriptor = GpuComputePipelineDescriptor::new_with_gpu_auto_layout_mode(GpuAutoLayoutMode::Auto, &stage);
        let pipeline = self.device.create_compute_pipeline_async(&descriptor).await?;
        Ok(Kernel { pipeline })
    }

    /// A buffer that kernels read and write and that can be read back.
    ///
    /// # Errors
    /// The browser's refusal, for example for want of memory.
    pub fn storage(&self, words: usize) -> Result<Buffer, Error> {
        self.buffer(words, gpu_buffer_usage::STORAGE | gpu_buffer_usage::COPY_DST | gpu_buffer_usage::COPY_SRC)
    }

    /// A storage buffer holding these words.
    ///
    /// # Errors
    /// As [`Self::storage`].
    pub fn storage_of(&self, words: &[u32]) -> Result<Buffer, Error> {
        let buffer = self.storage(words.len().max(1))?;
        self.write(&buffer, 0, words)?;
        Ok(buffer)
    }

    /// A uniform buffer holding these words.
    ///
    /// # Errors
    /// As [`Self::storage`].
    pub fn uniform_of(&self, words: &[u32]) -> Result<Buffer, Error> {
        let buffer = self.buffer(words.len(), gpu_buffer_usage::UNIFORM | gpu_buffer_usage::COPY_DST)?;
        self.write(&buffer, 0, words)?;
        Ok(buffer)
    }

    fn buffer(&self, words: usize, usage: u32) -> Result<Buffer, Error> {
        let bytes = (4 * words) as u32;
        Ok(Buffer { buffer: self.device.create_buffer(&GpuBufferDescriptor::new(bytes, usage))?, bytes })
    }

    /// Writes words at a word offset.
    ///
    /// # Errors
    /// The browser's refusal.
    pub fn write(&self, buffer: &Buffer, at: usize, words: &[u32]) -> Result<(), Error> {
        // A copy: a view into wasm memory dies when the memory grows.
        let source = Uint32Array::from(words);
        self.device.queue().write_buffer_with_u32_and_buffer_source(&buffer.buffer, (4 * at) as u32, &source)?;
        Ok(())
    }

    /// Submits one dispatch of a kernel over `groups` workgroups, with buffers by binding number.
    pub fn dispatch(&self, kernel: &Kernel, bindings: &[(u32, &Buffer)], groups: (u32, u32)) {
        let entries: Vec<GpuBindGroupEntry> = bindings
            .iter()
            .map(|(binding, buffer)| {
                GpuBindGroupEntry::new_with_gpu_buffer_binding(*binding, &GpuBufferBinding::new(&buffer.buffer))
            })
            .collect();
        let group = self
            .device
            .create_bind_group(&GpuBindGroupDescriptor::new(&entries, &kernel.pipeline.get_bind_group_layout(0)));
        let encoder = self.device.create_command_encoder();
        let pass = encoder.begin_compute_pass();
        pass.set_pipeline(&kernel.pipeline);
        pass.set_bind_group(0, Some(&group));
        pass.dispatch_workgroups_with_workgroup_count_y(groups.0, groups.1);
        pass.end();
        self.device.queue().submit(&[encoder.finish()]);
    }

    /// Starts noting validation and memory errors; [`Self::end_checked`] gives the first.
    pub fn begin_checked(&self) {
        self.device.push_error_scope(GpuErrorFilter::OutOfMemory);
        self.device.push_error_scope(GpuErrorFilter::Validation);
    }

    /// Ends what [`Self::begin_checked`] began.
    ///
    /// # Errors
    /// The first error since then, or the loss of the device.
    pub async fn end_checked(&self) -> Result<(), Error> {
        let validation = self.device.pop_error_scope().await;
        let memory = self.device.pop_error_scope().await;
        for noted in [validation, memory] {
            match noted {
                Ok(none) if none.is_empty() => {}
                Ok(error) => {
                    let message = error.into_option().map(|error| error.message()).unwrap_or_default();
                    return Err(self.reason(Error::Failed(message)).await);
                }
                Err(refusal) => return Err(self.reason(refusal.into()).await),
            }
        }
        self.lost.borrow().clone().map_or(Ok(()), |message| Err(Error::Lost(message)))
    }

    /// Why a command failed: the loss of the device, if it was lost. Firefox tells of the command before it tells of the loss.
    async fn reason(&self, error: Error) -> Error {
        let failed = now_ms();
        while self.lost.borrow().is_none() && now_ms() - failed < LOSS_MS {
            task::pause().await;
        }
        self.lost.borrow().clone().map_or(error, Error::Lost)
    }

    /// Waits for the work so far and copies a buffer back.
    ///
    /// # Errors
    /// The loss of the device, or the browser's refusal.
    pub async fn read(&self, buffer: &Buffer) -> Result<Vec<u32>, Error> {
        let staging =
            self.buffer((buffer.bytes / 4) as usize, gpu_buffer_usage::MAP_READ | gpu_buffer_usage::COPY_DST)?;
        let encoder = self.device.create_command_encoder();
        encoder.copy_buffer_to_buffer_with_u32_and_u32_and_u32(&buffer.buffer, 0, &staging.buffer, 0, buffer.bytes)?;
        self.device.queue().submit(&[encoder.finish()]);
        if let Err(refusal) = staging.buffer.map_async(gpu_map_mode::READ).await {
            return Err(self.reason(refusal.into()).await);
        }
        let words = Uint32Array::new(&staging.buffer.get_mapped_range()?.into()).to_vec();
        staging.buffer.unmap();
        Ok(words)
    }
}

/// A compiled compute kernel.
pub struct Kernel {
    pipeline: GpuComputePipeline,
}

/// GPU memory, freed at once when dropped: left to itself the browser frees it with its next garbage collection.
pub struct Buffer {
    buffer: GpuBuffer,
    bytes: u32,
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // Work already submitted still finishes with it.
        self.buffer.destroy();
    }
}

fn api() -> Option<Gpu> {
    // web-sys' `navigator.gpu()` is not an Option: where there is none, its next call throws.
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let gpu = Reflect::get(&navigator, &"gpu".into()).ok()?;
    (!gpu.is_undefined() && !gpu.is_null()).then(|| gpu.unchecked_into())
}
