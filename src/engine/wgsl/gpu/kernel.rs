//! A kernel: WGSL text with constants from Rust, and a pipeline whose bindings are read from the text by name.

use std::sync::Arc;

use wgpu::naga;

use super::{Constants, Gpu, GpuError, Profile, shaders};

struct Binding {
    name: String,
    index: u32,
    kind: wgpu::BufferBindingType,
}

/// A compiled kernel.
pub struct Kernel {
    name: &'static str,
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    bindings: Vec<Binding>,
    immediates: u32,
    profile: Option<Arc<Profile>>,
}

impl Kernel {
    /// Compiles `shaders/<name>.wgsl`.
    pub fn new(gpu: &Gpu, name: &'static str, constants: &Constants) -> Result<Self, GpuError> {
        let text = shaders::assemble(name, constants);
        let fault = |message: String| GpuError::Shader(format!("shaders/{name}.wgsl does not compile: {message}"));
        let module = naga::front::wgsl::parse_str(&text).map_err(|error| fault(error.emit_to_string(&text)))?;
        let (bindings, immediates) = reflect(&module);
        let entries: Vec<_> = bindings
            .iter()
            .map(|binding| wgpu::BindGroupLayoutEntry {
                binding: binding.index,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer { ty: binding.kind, has_dynamic_offset: false, min_binding_size: None },
                count: None,
            })
            .collect();
        let device = &gpu.device;
        let layout =
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(name), entries: &entries });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(name),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: immediates,
        });
        let descriptor =
            wgpu::ShaderModuleDescriptor { label: Some(name), source: wgpu::ShaderSource::Wgsl(text.as_str().into()) };
        let checks = wgpu::ShaderRuntimeChecks { force_loop_bounding: false, ..wgpu::ShaderRuntimeChecks::checked() };
        #[expect(unsafe_code, reason = "bounds checks stay; only the counters that end endless loops go: ours all end")]
        let module = unsafe { device.create_shader_module_trusted(descriptor, checks) };
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(name),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        gpu.check()?;
        Ok(Self { name, pipeline, layout, bindings, immediates, profile: gpu.profile.clone() })
    }

    /// A bind group with each of the kernel's variables bound to what `find` gives for its name.
    ///
    /// # Panics
    /// Where `find` knows no such name: names are literals of ours, and the tests bind every kernel.
    pub fn bind<'a>(&self, gpu: &Gpu, find: impl Fn(&str) -> Option<wgpu::BufferBinding<'a>>) -> wgpu::BindGroup {
        let entries: Vec<_> = self
            .bindings
            .iter()
            .map(|binding| wgpu::BindGroupEntry {
                binding: binding.index,
                resource: wgpu::BindingResource::Buffer(find(&binding.name).unwrap_or_else(|| {
                    panic!("shaders/{}.wgsl binds `{}`, which there is not", self.name, binding.name)
                })),
            })
            .collect();
        gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(self.name),
            layout: &self.layout,
            entries: &entries,
        })
    }

    fn run(
        &self,
        pass: &mut wgpu::ComputePass,
        bound: &wgpu::BindGroup,
        args: &[u32],
        dispatch: impl FnOnce(&mut wgpu::ComputePass),
    ) {
        debug_assert_eq!(args.len() * 4, self.immediates as usize, "arguments of shaders/{}.wgsl", self.name);
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, bound, &[]);
        if !args.is_empty() {
            pass.set_immediates(0, bytemuck::cast_slice(args));
        }
        match &self.profile {
            Some(profile) => profile.time(pass, self.name, dispatch),
            None => dispatch(pass),
        }
    }

    /// Runs the kernel over `groups` workgroups.
    pub fn dispatch(&self, pass: &mut wgpu::ComputePass, bound: &wgpu::BindGroup, args: &[u32], groups: [u32; 3]) {
        self.run(pass, bound, args, |pass| pass.dispatch_workgroups(groups[0], groups[1], groups[2]));
    }

    /// Runs the kernel with one invocation for each of `n` things.
    pub fn each(&self, pass: &mut wgpu::ComputePass, bound: &wgpu::BindGroup, args: &[u32], n: usize) {
        const WIDEST: u32 = 32_768;
        let groups = n.div_ceil(64) as u32;
        self.dispatch(pass, bound, args, [groups.min(WIDEST), groups.div_ceil(WIDEST), 1]);
    }

    /// Runs the kernel over as many workgroups as a buffer says.
    pub fn indirect(
        &self,
        pass: &mut wgpu::ComputePass,
        bound: &wgpu::BindGroup,
        args: &[u32],
        groups: &wgpu::Buffer,
        at: u64,
    ) {
        self.run(pass, bound, args, |pass| pass.dispatch_workgroups_indirect(groups, at));
    }
}

fn reflect(module: &naga::Module) -> (Vec<Binding>, u32) {
    let mut bindings = Vec::new();
    let mut immediates = 0;
    for (_, variable) in module.global_variables.iter() {
        let kind = match variable.space {
            naga::AddressSpace::Immediate => {
                immediates = module.types[variable.ty].inner.size(module.to_ctx());
                continue;
            }
            naga::AddressSpace::Uniform => wgpu::BufferBindingType::Uniform,
            naga::AddressSpace::Storage { access } => {
                wgpu::BufferBindingType::Storage { read_only: !access.contains(naga::StorageAccess::STORE) }
            }
            _ => continue,
        };
        if let (Some(name), Some(binding)) = (&variable.name, &variable.binding) {
            bindings.push(Binding { name: name.clone(), index: binding.binding, kind });
        }
    }
    (bindings, immediates)
}
