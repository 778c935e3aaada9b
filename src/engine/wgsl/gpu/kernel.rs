//! A kernel: WGSL text with constants from Rust, and a pipeline whose bindings are read from the text by name.

use std::sync::Arc;

use super::checked::{Binding, Checked};
use super::shaders::SHADERS;
use super::{Constants, Gpu, GpuError, Profile};

/// A kernel's arguments by name, in any order; [`args!`](crate::args) writes them.
pub type Args<'a> = &'a [(&'static str, u32)];

/// Arguments of a kernel by the names that its WGSL gives them: `args![tile, x: shape.x(l)]`.
#[macro_export]
macro_rules! args {
    ($($name:ident $(: $value:expr)?),* $(,)?) => { &[$($crate::args!(@ $name $($value)?)),*] };
    (@ $name:ident) => { $crate::args!(@ $name $name) };
    (@ $name:ident $value:expr) => { (stringify!($name), $value as u32) };
}

/// A compiled kernel.
pub struct Kernel {
    name: &'static str,
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    bindings: Vec<Binding>,
    /// Of its arguments, in their order.
    names: Vec<String>,
    /// Invocations of a workgroup.
    lanes: u32,
    /// Whether an argument `n` says how many invocations there are: see `assemble`.
    each: bool,
    profile: Option<Arc<Profile>>,
}

impl Kernel {
    /// Compiles `shaders/<name>.wgsl`.
    pub fn new(gpu: &Gpu, name: &'static str, constants: &Constants) -> Result<Self, GpuError> {
        let Checked { text, bindings, names, lanes, each } =
            SHADERS.kernel(name, constants).map_err(GpuError::Shader)?;
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
            immediate_size: 4 * names.len() as u32,
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
        Ok(Self { name, pipeline, layout, bindings, names, lanes, each, profile: gpu.profile.clone() })
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

    /// The arguments in the kernel's order.
    ///
    /// # Panics
    /// Where a name is missing, or the kernel knows it not: names are literals of ours, and a swap would go unseen.
    fn words(&self, args: Args) -> Vec<u32> {
        let word = |name: &String| args.iter().find(|arg| arg.0 == name).map(|arg| arg.1);
        let words: Option<Vec<u32>> = self.names.iter().map(word).collect();
        words.filter(|words| words.len() == args.len()).unwrap_or_else(|| {
            let given: Vec<&str> = args.iter().map(|arg| arg.0).collect();
            panic!("shaders/{}.wgsl takes ({}), not ({})", self.name, self.names.join(", "), given.join(", "))
        })
    }

    fn run(
        &self,
        pass: &mut wgpu::ComputePass,
        bound: &wgpu::BindGroup,
        args: Args,
        dispatch: impl FnOnce(&mut wgpu::ComputePass),
    ) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, bound, &[]);
        let words = self.words(args);
        if !words.is_empty() {
            pass.set_immediates(0, bytemuck::cast_slice(&words));
        }
        match &self.profile {
            Some(profile) => profile.time(pass, self.name, dispatch),
            None => dispatch(pass),
        }
    }

    /// Runs the kernel over `groups` workgroups.
    pub fn dispatch(&self, pass: &mut wgpu::ComputePass, bound: &wgpu::BindGroup, args: Args, groups: [u32; 3]) {
        self.run(pass, bound, args, |pass| pass.dispatch_workgroups(groups[0], groups[1], groups[2]));
    }

    /// Runs the kernel with one invocation for each of `n` things.
    pub fn each(&self, pass: &mut wgpu::ComputePass, bound: &wgpu::BindGroup, args: Args, n: usize) {
        const WIDEST: u32 = 32_768;
        let groups = n.div_ceil(self.lanes as usize) as u32;
        let n = self.each.then_some(("n", n as u32));
        let args: Vec<_> = args.iter().copied().chain(n).collect();
        self.dispatch(pass, bound, &args, [groups.min(WIDEST), groups.div_ceil(WIDEST), 1]);
    }

    /// Runs the kernel over as many workgroups as a buffer says.
    pub fn indirect(
        &self,
        pass: &mut wgpu::ComputePass,
        bound: &wgpu::BindGroup,
        args: Args,
        groups: &wgpu::Buffer,
        at: u64,
    ) {
        self.run(pass, bound, args, |pass| pass.dispatch_workgroups_indirect(groups, at));
    }
}
