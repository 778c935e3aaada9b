//! `primordia doctor`: the adapters, what is used and what is missing.

use primordia::engine::EngineError;
use primordia::engine::wgsl::gpu::{self, Gpu, GpuError};

use super::{CliError, print};

/// Prints every adapter and the one that is used; an error where none can be.
pub fn run() -> Result<(), CliError> {
    let adapters = gpu::adapters().map_err(EngineError::from)?;
    if adapters.is_empty() {
        return Err(EngineError::from(GpuError::NoAdapter).into());
    }
    let mut lines = Vec::new();
    for (info, limits, features) in &adapters {
        lines.extend([
            format!("{} ({:?}, {:?})", info.name, info.device_type, info.backend),
            format!("  driver           {} {}", info.driver, info.driver_info),
            format!("  largest buffer   {} MiB", limits.max_buffer_size >> 20),
            format!("  largest binding  {} MiB", limits.max_storage_buffer_binding_size >> 20),
            format!("  storage buffers  {} in a shader", limits.max_storage_buffers_per_shader_stage),
            format!("  workgroup        {} invocations", limits.max_compute_invocations_per_workgroup),
            gpu::lacks(limits, *features).map_or("  can be used".to_owned(), |lacks| {
                format!("  cannot be used: it lacks {lacks}; a newer driver may have it")
            }),
        ]);
    }
    print(&lines.join("\n"))?;
    let used = Gpu::open().map_err(EngineError::from)?;
    print(&format!(
        "used: {} ({:?}); WGPU_ADAPTER_NAME and WGPU_BACKEND choose another",
        used.info.name, used.info.backend
    ))?;
    if used.is_software() {
        print(
            "it computes on the processor: install the Vulkan driver of your GPU if there is one, \
             and begin with the preset tiny if there is none",
        )?;
    }
    Ok(())
}
