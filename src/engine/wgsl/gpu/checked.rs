//! A kernel's text as it is given to the device, and what can be read from it.

use wgpu::naga;

use super::Constants;
use super::assemble::{Texts, assemble};

/// A variable that a kernel binds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Binding {
    pub name: String,
    pub index: u32,
    pub kind: wgpu::BufferBindingType,
}

/// A kernel's text that compiles, and what it takes.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub text: String,
    pub bindings: Vec<Binding>,
    pub names: Vec<String>,
    pub lanes: u32,
    pub each: bool,
}

impl Checked {
    /// Puts a kernel together and parses it; with `whole` looks for all faults that need no device, as making the
    /// pipeline does, but without naming their place.
    ///
    /// # Errors
    /// `shaders/FILE.wgsl:LINE:COLUMN: message`.
    pub fn new(texts: &Texts, name: &str, constants: &Constants, whole: bool) -> Result<Self, String> {
        let assembled = assemble(texts, name, constants)?;
        let text = &assembled.text;
        let fault = |at: Option<naga::SourceLocation>, message: String| {
            let at = at.map_or((1, 1), |at| (at.line_number as usize, at.line_position as usize));
            format!("{}: {message}", assembled.place(at.0, at.1))
        };
        let module = naga::front::wgsl::parse_str(text)
            .map_err(|error| fault(error.location(text), error.message().to_owned()))?;
        if whole {
            let (flags, all) = (naga::valid::ValidationFlags::all(), naga::valid::Capabilities::all());
            naga::valid::Validator::new(flags, all).validate(&module).map_err(|error| {
                let first: &dyn std::error::Error = error.as_inner();
                let causes = std::iter::successors(Some(first), |error| error.source());
                fault(error.location(text), causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
            })?;
        }
        let (bindings, names) = reflect(&module);
        let lanes = module.entry_points.first().map_or(1, |entry| entry.workgroup_size[0]);
        Ok(Self { text: assembled.text, bindings, names, lanes, each: assembled.each })
    }

    /// Whether it can stand in for what it was before an edit.
    pub fn takes_the_same(&self, before: &Self, name: &str) -> Result<(), String> {
        let same = (&self.bindings, &self.names, self.lanes) == (&before.bindings, &before.names, before.lanes);
        let fault = || {
            format!("shaders/{name}.wgsl:1:1: what it binds or takes is another than before: start the program anew")
        };
        same.then_some(()).ok_or_else(fault)
    }
}

/// What a kernel binds, and its arguments' names.
fn reflect(module: &naga::Module) -> (Vec<Binding>, Vec<String>) {
    let (mut bindings, mut names) = (Vec::new(), Vec::new());
    for (_, variable) in module.global_variables.iter() {
        let kind = match variable.space {
            naga::AddressSpace::Immediate => {
                if let naga::TypeInner::Struct { members, .. } = &module.types[variable.ty].inner {
                    names = members.iter().filter_map(|member| member.name.clone()).collect();
                }
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
    (bindings, names)
}
