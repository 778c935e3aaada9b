//! Named buffers on the device, counted before they are made.

use std::collections::BTreeMap;

use super::EngineError;
use crate::engine::wgsl::gpu::{Gpu, Kernel};
use crate::spec::params::Block;

/// Sizes by name, then the buffers themselves.
#[derive(Default)]
pub struct Plan {
    bytes: BTreeMap<&'static str, u64>,
}

impl Plan {
    /// Asks for a buffer of `count` things of `size` bytes.
    ///
    /// # Panics
    /// Where there is one of that name: two that share a name would share a buffer.
    pub fn add(&mut self, name: &'static str, count: usize, size: usize) {
        let bytes = (count as u64 * size as u64).next_multiple_of(16).max(16);
        assert!(self.bytes.insert(name, bytes).is_none(), "the buffer `{name}` is planned twice");
    }

    /// Makes the buffers, or says what does not fit.
    pub fn allocate(self, gpu: &Gpu, what: &'static str, smaller: &'static str) -> Result<Buffers, EngineError> {
        let needed = self.bytes.values().sum();
        let refused = |needed, but| EngineError::Memory { what, needed, but, smaller };
        let (largest, most) = (self.bytes.values().copied().max().unwrap_or(0), gpu.largest_binding());
        if largest > most {
            return Err(refused(largest, format!("in one buffer, and this one binds at most {most}")));
        }
        if let Some(left) = gpu.memory_left().filter(|&left| needed > left) {
            return Err(refused(needed, format!("and there are {left}")));
        }
        let buffers =
            gpu.allocate(&self.bytes).ok_or_else(|| refused(needed, "and it has not so many left".to_owned()))?;
        Ok(Buffers { buffers, bytes: needed })
    }
}

/// The buffers of a training or a world, by the names that the kernels call them.
pub struct Buffers {
    buffers: BTreeMap<&'static str, wgpu::Buffer>,
    /// Bytes of all together.
    pub bytes: u64,
}

impl std::ops::Index<&str> for Buffers {
    type Output = wgpu::Buffer;

    fn index(&self, name: &str) -> &wgpu::Buffer {
        &self.buffers[name]
    }
}

impl Buffers {
    /// These and more, of other names.
    pub fn with(&self, more: Self) -> Self {
        let mut buffers = self.buffers.clone();
        for (name, buffer) in more.buffers {
            assert!(buffers.insert(name, buffer).is_none(), "the buffer `{name}` is made twice");
        }
        Self { buffers, bytes: self.bytes + more.bytes }
    }

    /// Binds a kernel's variables to the buffers of the same names, or where `views` says.
    pub fn bind(&self, gpu: &Gpu, kernel: &Kernel, views: &[(&str, View)]) -> wgpu::BindGroup {
        kernel.bind(gpu, |name| match views.iter().find(|view| view.0 == name) {
            Some((_, View::Weights(block))) => Some(wgpu::BufferBinding {
                buffer: &self.buffers["params"],
                offset: 4 * block.offset as u64,
                size: wgpu::BufferSize::new(4 * block.len() as u64),
            }),
            Some((_, View::Of(other))) => Some(self.buffers[other].as_entire_buffer_binding()),
            None => self.buffers.get(name).map(wgpu::Buffer::as_entire_buffer_binding),
        })
    }
}

/// What a kernel's variable is bound to, where not the buffer of its name.
#[derive(Clone, Copy)]
pub enum View {
    /// A block of the parameters.
    Weights(Block),
    /// Another buffer.
    Of(&'static str),
}

#[cfg(test)]
mod tests {
    use super::Plan;

    #[test]
    #[should_panic(expected = "the buffer `parts` is planned twice")]
    fn no_two_buffers_have_one_name() {
        let mut plan = Plan::default();
        plan.add("parts", 1, 4);
        plan.add("part", 1, 4);
        plan.add("parts", 2, 4);
    }
}
