//! `primordia doctor`: the adapters, what is used and why, and what is missing.

use primordia::engine::wgsl::gpu::{self, Gpu, GpuError};
use primordia::engine::{self, About, Choice, EngineError};

use super::{CliError, print};

/// Prints every adapter, and what computes; an error where nothing can.
pub fn run(choice: Choice) -> Result<(), CliError> {
    let adapters = gpu::adapters().map_err(EngineError::from)?;
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
    if adapters.is_empty() {
        lines.push("there is no adapter: a window needs one to draw on, the command line does not".to_owned());
    }
    print(&lines.join("\n"))?;
    let about = engine::open(choice)?.about();
    print(&format!("used: {about}, {}", reason(choice, &about)))?;
    print("--engine chooses another engine, WGPU_ADAPTER_NAME and WGPU_BACKEND another adapter")?;
    if about.software {
        let without = match about.engine() {
            Choice::Native => "begin with the preset tiny",
            _ => "leave --engine out: native is faster than a software driver",
        };
        print(&format!(
            "it computes on the processor: install the Vulkan driver of your GPU if there is one; if there is none, {without}"
        ))?;
    }
    Ok(())
}

/// Why it is this one that is used.
fn reason(choice: Choice, about: &About) -> String {
    if choice != Choice::Auto {
        return "because --engine says so".to_owned();
    }
    if !about.software {
        return "a GPU".to_owned();
    }
    match Gpu::open() {
        Ok(_) | Err(GpuError::NoAdapter) => "because there is no GPU with a driver".to_owned(),
        Err(error) => format!("because {error}"),
    }
}
