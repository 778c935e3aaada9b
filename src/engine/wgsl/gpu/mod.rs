//! L1: the device that learning and playing run on, its kernels and its buffers.
//!
//! The device is our own, never the window's: a wait on a device holds locks that submitting and presenting need, so a
//! learner that shared the window's device would freeze it. Nothing outside this layer and `train` waits.

mod assemble;
mod checked;
mod kernel;
mod profile;
mod shaders;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

pub use assemble::Constants;
pub use kernel::{Args, Kernel};
pub use profile::{Profile, Spent};
pub use shaders::{edit_fault, generation};

/// An open device, cheap to clone.
#[derive(Clone)]
pub struct Gpu {
    /// What the adapter says of itself.
    pub info: wgpu::AdapterInfo,
    /// What the device allows.
    pub limits: wgpu::Limits,
    /// For kernels and buffers; waiting on it is for `train` alone.
    pub device: wgpu::Device,
    /// Where work is submitted.
    pub queue: wgpu::Queue,
    profile: Option<Arc<Profile>>,
    fault: Arc<Mutex<Option<String>>>,
}

/// Why there is no device, or it stopped.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// No adapter at all.
    #[error(
        "no Vulkan, Metal or DirectX 12 driver was found; install your GPU's driver, or a software one \
         (Debian and Ubuntu: apt install mesa-vulkan-drivers)"
    )]
    NoAdapter,
    /// `WGPU_BACKEND` names none that this build has.
    #[error("WGPU_BACKEND is `{asked}`, which names none of the backends there are here: {available}; unset it")]
    NoSuchBackend {
        /// Its value.
        asked: String,
        /// What it may name.
        available: String,
    },
    /// `WGPU_ADAPTER_NAME` names none.
    #[error("no adapter's name contains `{0}`, which WGPU_ADAPTER_NAME asks for; `primordia doctor` lists them")]
    NoSuchAdapter(String),
    /// The adapter lacks something that the kernels need.
    #[error(
        "the adapter {adapter} cannot run Primordia: it lacks {lacks}; update its driver, or choose another by WGPU_ADAPTER_NAME"
    )]
    Unfit {
        /// Its name.
        adapter: String,
        /// What it lacks.
        lacks: String,
    },
    /// The driver refused or failed.
    #[error(
        "the device failed: {0}; update the driver, make the worlds smaller, or choose another adapter by WGPU_ADAPTER_NAME"
    )]
    Device(String),
    /// A kernel does not compile: a fault of ours, or of a shader that was edited.
    #[error("{0}")]
    Shader(String),
}

/// Storage buffers that the largest kernel binds.
const STORAGE_BUFFERS: u32 = 10;
/// Bytes of immediates that the largest kernel takes.
const IMMEDIATE_BYTES: u32 = 32;

fn instance() -> Result<wgpu::Instance, GpuError> {
    let available = wgpu::Instance::enabled_backend_features() & wgpu::Backends::PRIMARY;
    if let Ok(asked) = std::env::var("WGPU_BACKEND")
        && !wgpu::Backends::from_comma_list(&asked).intersects(available)
    {
        let names: Vec<String> = available.iter_names().map(|(name, _)| name.to_lowercase()).collect();
        return Err(GpuError::NoSuchBackend { asked, available: names.join(", ") });
    }
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    // Our own kernels write the indirect dispatches; checking each would cost a dispatch of its own.
    descriptor.flags.remove(wgpu::InstanceFlags::VALIDATION_INDIRECT_CALL);
    Ok(wgpu::Instance::new(descriptor))
}

/// Every adapter there is, the ones that cannot run Primordia included.
pub fn adapters() -> Result<Vec<(wgpu::AdapterInfo, wgpu::Limits, wgpu::Features)>, GpuError> {
    let found = pollster::block_on(instance()?.enumerate_adapters(wgpu::Backends::all()));
    Ok(found.into_iter().map(|adapter| (adapter.get_info(), adapter.limits(), adapter.features())).collect())
}

/// What an adapter lacks that the kernels need; `None` where it will do.
pub fn lacks(limits: &wgpu::Limits, features: wgpu::Features) -> Option<String> {
    if !features.contains(wgpu::Features::IMMEDIATES) || limits.max_immediate_size < IMMEDIATE_BYTES {
        return Some("immediates (push constants)".to_owned());
    }
    (limits.max_storage_buffers_per_shader_stage < STORAGE_BUFFERS)
        .then(|| format!("{STORAGE_BUFFERS} storage buffers in a shader"))
}

impl Gpu {
    /// Opens the fastest adapter, or the one that `WGPU_ADAPTER_NAME` (part of its name) and `WGPU_BACKEND` ask for.
    pub fn open() -> Result<Self, GpuError> {
        Self::open_with(wgpu::Features::empty())
    }

    /// The same with every dispatch timed, where the adapter can: it costs some speed.
    pub fn open_timed() -> Result<Self, GpuError> {
        Self::open_with(profile::FEATURES)
    }

    fn open_with(wanted: wgpu::Features) -> Result<Self, GpuError> {
        let instance = instance()?;
        let adapter = match std::env::var("WGPU_ADAPTER_NAME") {
            Ok(name) => pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()))
                .into_iter()
                .find(|adapter| adapter.get_info().name.to_lowercase().contains(&name.to_lowercase()))
                .ok_or(GpuError::NoSuchAdapter(name))?,
            Err(_) => {
                let options = wgpu::RequestAdapterOptions {
                    power_preference: wgpu::PowerPreference::from_env()
                        .unwrap_or(wgpu::PowerPreference::HighPerformance),
                    ..Default::default()
                };
                pollster::block_on(instance.request_adapter(&options)).map_err(|_| GpuError::NoAdapter)?
            }
        };
        let info = adapter.get_info();
        if let Some(lacks) = lacks(&adapter.limits(), adapter.features()) {
            return Err(GpuError::Unfit { adapter: info.name, lacks });
        }
        let limits = wgpu::Limits {
            max_storage_buffers_per_shader_stage: STORAGE_BUFFERS,
            max_immediate_size: IMMEDIATE_BYTES,
            ..wgpu::Limits::default().using_resolution(adapter.limits())
        };
        let limits = wgpu::Limits {
            max_buffer_size: adapter.limits().max_buffer_size,
            max_storage_buffer_binding_size: adapter.limits().max_storage_buffer_binding_size,
            ..limits
        };
        let extra = adapter.features() & (wanted);
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("primordia"),
            required_features: wgpu::Features::IMMEDIATES | extra,
            required_limits: limits.clone(),
            ..Default::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|error| GpuError::Device(error.to_string()))?;
        let fault = Arc::new(Mutex::new(None));
        let (on_error, on_loss) = (Arc::clone(&fault), Arc::clone(&fault));
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| note(&on_error, error.to_string())));
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                note(&on_loss, format!("it was lost ({message})"));
            }
        });
        let profile = extra.contains(profile::FEATURES).then(|| Arc::new(Profile::new(&device)));
        Ok(Self { info, limits, device, queue, profile, fault })
    }

    /// Whether it computes on the processor.
    pub fn is_software(&self) -> bool {
        self.info.device_type == wgpu::DeviceType::Cpu
    }

    /// The largest buffer that a kernel can bind, in bytes.
    pub fn largest_binding(&self) -> u64 {
        self.limits.max_storage_buffer_binding_size.min(self.limits.max_buffer_size)
    }

    /// The first fault that the device has reported.
    pub fn check(&self) -> Result<(), GpuError> {
        match self.fault.lock() {
            Ok(fault) => fault.clone().map_or(Ok(()), |message| Err(GpuError::Device(message))),
            Err(_) => Err(GpuError::Device("a report of a fault was interrupted".to_owned())),
        }
    }

    /// Bytes that can still be allocated, where that can be known: on a software adapter, the machine's free memory.
    pub fn memory_left(&self) -> Option<u64> {
        if !self.is_software() {
            return None;
        }
        let text = std::fs::read_to_string("/proc/meminfo").ok()?;
        let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
    }

    /// Makes buffers of these sizes in bytes; `None` where the device has not enough memory.
    pub fn allocate(&self, bytes: &BTreeMap<&'static str, u64>) -> Option<BTreeMap<&'static str, wgpu::Buffer>> {
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffers = bytes.iter().map(|(&name, &size)| (name, self.buffer(name, size))).collect();
        pollster::block_on(scope.pop()).is_none().then_some(buffers)
    }

    /// A buffer of zeros that kernels can bind and that can be copied and cleared.
    pub fn buffer(&self, label: &str, bytes: u64) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: bytes.next_multiple_of(16).max(16),
            usage: wgpu::BufferUsages::STORAGE
                | wgpu::BufferUsages::UNIFORM
                | wgpu::BufferUsages::INDIRECT
                | wgpu::BufferUsages::COPY_SRC
                | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }

    /// Submits and waits.
    pub fn finish(&self, encoder: wgpu::CommandEncoder) -> Result<(), GpuError> {
        self.queue.submit([encoder.finish()]);
        self.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|error| GpuError::Device(error.to_string()))?;
        if let Some(profile) = &self.profile {
            profile.collect(&self.device, &self.queue);
        }
        self.check()
    }

    /// The times of the dispatches, on a device that was opened for it.
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_deref()
    }

    /// An encoder for `finish`.
    pub fn encoder(&self) -> wgpu::CommandEncoder {
        self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
    }

    /// Waits for all work and copies parts of buffers back: (buffer, first byte, bytes) each.
    pub fn read<T: bytemuck::Pod>(&self, parts: &[(&wgpu::Buffer, u64, u64)]) -> Result<Vec<Vec<T>>, GpuError> {
        let total = parts.iter().map(|part| part.2).sum();
        let staging = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("readback"),
            size: total,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = self.encoder();
        let mut at = 0;
        for &(buffer, first, bytes) in parts {
            encoder.copy_buffer_to_buffer(buffer, first, &staging, at, bytes);
            at += bytes;
        }
        self.queue.submit([encoder.finish()]);
        staging.map_async(wgpu::MapMode::Read, .., |_| {});
        self.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|error| GpuError::Device(error.to_string()))?;
        self.check()?;
        let bytes = staging.get_mapped_range(..);
        let mut at = 0;
        Ok(parts
            .iter()
            .map(|part| {
                let slice = &bytes[at..at + part.2 as usize];
                at += part.2 as usize;
                bytemuck::pod_collect_to_vec(slice)
            })
            .collect())
    }
}

fn note(slot: &Mutex<Option<String>>, message: String) {
    log::error!("the device reports: {message}");
    if let Ok(mut fault) = slot.lock() {
        fault.get_or_insert(message);
    }
}
