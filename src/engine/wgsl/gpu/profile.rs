//! How long each kernel takes, by timestamps around every dispatch.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// Dispatches that one submission can time; later ones go untimed.
const DISPATCHES: u32 = 2048;

/// The features that timing takes.
pub const FEATURES: wgpu::Features =
    wgpu::Features::TIMESTAMP_QUERY.union(wgpu::Features::TIMESTAMP_QUERY_INSIDE_PASSES);

/// What a kernel has taken so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    /// Its dispatches.
    pub dispatches: u64,
    /// Their seconds on the device.
    pub seconds: f64,
}

/// Timestamps of a device's dispatches.
pub struct Profile {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    staging: wgpu::Buffer,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    timed: Vec<&'static str>,
    spent: BTreeMap<&'static str, Spent>,
}

impl Profile {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        let bytes = u64::from(2 * DISPATCHES) * 8;
        let buffer = |usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("timestamps"),
                size: bytes,
                usage: usage | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        Self {
            queries: device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("timestamps"),
                ty: wgpu::QueryType::Timestamp,
                count: 2 * DISPATCHES,
            }),
            resolved: buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC),
            staging: buffer(wgpu::BufferUsages::MAP_READ),
            state: Mutex::default(),
        }
    }

    /// Times what `dispatch` records, under a kernel's name.
    pub(super) fn time(
        &self,
        pass: &mut wgpu::ComputePass,
        name: &'static str,
        dispatch: impl FnOnce(&mut wgpu::ComputePass),
    ) {
        let at = self.state.lock().ok().and_then(|mut state| {
            let at = state.timed.len() as u32;
            (at < DISPATCHES).then(|| state.timed.push(name)).map(|()| at)
        });
        let Some(at) = at else { return dispatch(pass) };
        pass.write_timestamp(&self.queries, 2 * at);
        dispatch(pass);
        pass.write_timestamp(&self.queries, 2 * at + 1);
    }

    /// Adds up what the submission that was just waited for took.
    pub(super) fn collect(&self, device: &wgpu::Device, queue: &wgpu::Queue) {
        let Ok(mut state) = self.state.lock() else { return };
        let n = 2 * state.timed.len() as u32;
        if n == 0 {
            return;
        }
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.resolve_query_set(&self.queries, 0..n, &self.resolved, 0);
        encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.staging, 0, u64::from(n) * 8);
        queue.submit([encoder.finish()]);
        self.staging.map_async(wgpu::MapMode::Read, .., |_| {});
        if device.poll(wgpu::PollType::wait_indefinitely()).is_err() {
            return;
        }
        let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&self.staging.get_mapped_range(..)[..n as usize * 8]);
        self.staging.unmap();
        let period = f64::from(queue.get_timestamp_period()) * 1e-9;
        for (name, pair) in std::mem::take(&mut state.timed).into_iter().zip(ticks.chunks_exact(2)) {
            let spent = state.spent.entry(name).or_default();
            spent.dispatches += 1;
            spent.seconds += pair[1].saturating_sub(pair[0]) as f64 * period;
        }
    }

    /// What every kernel has taken since this was last asked.
    pub fn take(&self) -> BTreeMap<&'static str, Spent> {
        self.state.lock().map(|mut state| std::mem::take(&mut state.spent)).unwrap_or_default()
    }
}
