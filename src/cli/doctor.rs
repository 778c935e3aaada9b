//! `primordia doctor`: the adapters, what is used and what is missing.

use primordia::gpu::{Gpu, GpuError};

use super::CliError;

/// Prints every adapter and the one that is used; an error where none can be.
pub fn run() -> Result<(), CliError> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    if adapters.is_empty() {
        return Err(GpuError::NoAdapter.into());
    }
    for adapter in &adapters {
        let (info, limits) = (adapter.get_info(), adapter.limits());
        println!("{} ({:?}, {:?})", info.name, info.device_type, info.backend);
        println!("  driver                 {} {}", info.driver, info.driver_info);
        println!("  largest buffer         {} MiB", limits.max_buffer_size >> 20);
        println!("  largest binding        {} MiB", limits.max_storage_buffer_binding_size >> 20);
        println!("  storage buffers        {} in a shader", limits.max_storage_buffers_per_shader_stage);
        println!("  workgroup              {} invocations", limits.max_compute_invocations_per_workgroup);
    }
    let used = Gpu::open()?;
    println!("used: {} ({:?})", used.info.name, used.info.backend);
    if used.is_software() {
        println!(
            "it computes on the processor: install your GPU's Vulkan driver if there is a GPU, or begin with the preset tiny"
        );
    }
    println!("WGPU_ADAPTER_NAME and WGPU_BACKEND choose another");
    Ok(())
}
