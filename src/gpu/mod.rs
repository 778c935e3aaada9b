//! L1: the device that learning and playing run on.

/// An open device of our own, cheap to clone.
#[derive(Debug, Clone)]
pub struct Gpu {
    /// What the adapter says of itself.
    pub info: wgpu::AdapterInfo,
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
}

impl Gpu {
    /// Opens the best adapter, or the one that `WGPU_ADAPTER_NAME` and `WGPU_BACKEND` ask for.
    pub fn open() -> Result<Self, GpuError> {
        unimplemented!()
    }

    /// Whether it computes on the processor.
    pub fn is_software(&self) -> bool {
        self.info.device_type == wgpu::DeviceType::Cpu
    }
}
