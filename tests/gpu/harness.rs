//! Runs one kernel on buffers of which every word is accounted for.
//!
//! A case gives each buffer its words, `blank` where the kernel is to write: NaN. Guards follow every buffer. What a
//! case does not say is written must be as it was, bit for bit.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use primordia::args;
use primordia::engine::wgsl::Hyper;
use primordia::engine::wgsl::gpu::{Args, Gpu, Kernel};
use primordia::engine::wgsl::shape::Shape;

use crate::compare::{GUARD, compare, prefilled, unguarded};

/// Names each kernel's test, and tells `every_kernel_has_its_cases` which there are.
macro_rules! kernels {
    ($($kernel:literal => $test:ident),* $(,)?) => {
        pub const KERNELS: &[&str] = &[$($kernel),*];
        $(mod $test {
            #[test]
            fn is_its_twin() {
                super::$test($kernel);
            }
        })*
    };
}
pub(crate) use kernels;

/// The device, opened once; without an adapter every test fails.
pub fn gpu() -> &'static Gpu {
    static GPU: LazyLock<Gpu> = LazyLock::new(|| Gpu::open().expect("the tests of the kernels need a device"));
    &GPU
}

/// Makes a test of each function for each engine, which it is given; the processor's on several numbers of threads.
macro_rules! on_engines {
    ($($name:ident),+ $(,)?) => {
        $crate::harness::on_engines!(wgsl, $crate::harness::gpu(), $($name),+);
        $crate::harness::on_engines!(native, &Native::open(0).unwrap(), $($name),+);
        $crate::harness::on_engines!(avx2, &Native::avx2().unwrap_or_else(|| Native::plain(2)).unwrap(), $($name),+);
        $crate::harness::on_engines!(plain, &Native::plain(3).unwrap(), $($name),+);
        $crate::harness::on_engines!(double, &Native::double(1).unwrap(), $($name),+);
    };
    ($module:ident, $engine:expr, $($name:ident),+) => {
        mod $module {
            #[allow(unused_imports, reason = "not every engine is the processor's")]
            use primordia::engine::native::Native;

            $(#[test]
            fn $name() {
                super::$name($engine);
            })+
        }
    };
}
pub(crate) use on_engines;

/// A compiled kernel; several cases of one shape share it.
fn kernel(run: &Run) -> Arc<Kernel> {
    static KERNELS: LazyLock<Mutex<HashMap<String, Arc<Kernel>>>> = LazyLock::new(Mutex::default);
    let constants = run.shape.constants(gpu()).of_layer(run.layer);
    let constants = run.flags.iter().fold(constants, |constants, flag| constants.with(flag));
    let key = format!("{} {constants:?}", run.kernel);
    if let Some(kernel) = KERNELS.lock().unwrap().get(&key) {
        return Arc::clone(kernel);
    }
    let kernel = Arc::new(Kernel::new(gpu(), run.kernel, &constants).unwrap());
    KERNELS.lock().unwrap().insert(key, Arc::clone(&kernel));
    kernel
}

/// How many workgroups.
#[derive(Debug, Clone, Copy)]
pub enum Over {
    /// So many that each of `n` things has an invocation.
    Each(usize),
    Groups([usize; 3]),
}

/// What a buffer must hold afterwards.
pub struct Want {
    name: &'static str,
    of: Wanted,
}

enum Wanted {
    Floats { want: Vec<f64>, atol: f64, rtol: f64 },
    Words(Vec<u32>),
}

/// These numbers within |got − want| ≤ tolerance·(1 + |want|); NaN: as it was before.
pub fn floats(name: &'static str, want: Vec<f64>, tolerance: f64) -> Want {
    Want { name, of: Wanted::Floats { want, atol: tolerance, rtol: tolerance } }
}

/// These words exactly.
pub fn words(name: &'static str, want: Vec<u32>) -> Want {
    Want { name, of: Wanted::Words(want) }
}

/// A kernel and its buffers before it runs.
pub struct Run<'a> {
    kernel: &'static str,
    shape: &'a Shape,
    hyper: Hyper,
    layer: usize,
    flags: Vec<&'static str>,
    /// With their guards.
    buffers: BTreeMap<&'static str, Vec<u32>>,
}

impl<'a> Run<'a> {
    pub fn new(kernel: &'static str, shape: &'a Shape, hyper: &Hyper) -> Self {
        Self { kernel, shape, hyper: *hyper, layer: 0, flags: vec![], buffers: BTreeMap::new() }
    }

    /// Of another layer than the first.
    pub fn layer(self, layer: usize) -> Self {
        Self { layer, ..self }
    }

    /// Where a flag is true.
    pub fn with(mut self, flag: &'static str) -> Self {
        self.flags.push(flag);
        self
    }

    pub fn words(mut self, name: &'static str, values: &[u32]) -> Self {
        let mut buffer = prefilled(values.len());
        buffer[..values.len()].copy_from_slice(values);
        self.buffers.insert(name, buffer);
        self
    }

    /// Rounded to single precision.
    pub fn floats(self, name: &'static str, values: &[f64]) -> Self {
        let bits: Vec<u32> = values.iter().map(|&value| (value as f32).to_bits()).collect();
        self.words(name, &bits)
    }

    /// `len` words of NaN.
    pub fn blank(mut self, name: &'static str, len: usize) -> Self {
        self.buffers.insert(name, prefilled(len));
        self
    }

    /// Runs the kernel.
    pub fn go(self, args: Args, over: Over) -> Result<Ran, String> {
        let (gpu, kernel) = (gpu(), kernel(&self));
        let mut device = BTreeMap::new();
        for (&name, words) in &self.buffers {
            let buffer = gpu.buffer(name, 4 * words.len() as u64);
            gpu.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(words));
            device.insert(name, buffer);
        }
        let hyper = gpu.buffer("hyper", size_of::<Hyper>() as u64);
        gpu.queue.write_buffer(&hyper, 0, bytemuck::bytes_of(&self.hyper));
        let bound = kernel.bind(gpu, |name| {
            let buffer = if name == "hyper" { Some(&hyper) } else { device.get(name) };
            buffer.map(wgpu::Buffer::as_entire_buffer_binding)
        });
        let mut encoder = gpu.encoder();
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            match over {
                Over::Each(n) => kernel.each(&mut pass, &bound, args, n),
                Over::Groups(groups) => kernel.dispatch(&mut pass, &bound, args, groups.map(|n| n as u32)),
            }
        }
        gpu.finish(encoder).map_err(|error| error.to_string())?;
        let parts: Vec<_> =
            self.buffers.iter().map(|(&name, words)| (&device[name], 0, 4 * words.len() as u64)).collect();
        let read = gpu.read::<u32>(&parts).map_err(|error| error.to_string())?;
        let after: BTreeMap<_, _> = self.buffers.keys().copied().zip(read).collect();
        for (name, words) in &after {
            unguarded(name, words)?;
        }
        Ok(Ran { before: self.buffers, after })
    }

    /// Runs it and compares.
    pub fn check(self, args: Args, over: Over, wants: Vec<Want>) -> Result<(), String> {
        self.go(args, over)?.check(&wants)
    }
}

/// The buffers after a kernel has run; no guard was written.
pub struct Ran {
    before: BTreeMap<&'static str, Vec<u32>>,
    after: BTreeMap<&'static str, Vec<u32>>,
}

impl Ran {
    /// A buffer's words, without its guards.
    pub fn words(&self, name: &str) -> &[u32] {
        let words = &self.after[name];
        &words[..words.len() - crate::compare::GUARDS]
    }

    /// Compares what the kernel wrote; every other buffer must be as it was.
    pub fn check(&self, wants: &[Want]) -> Result<(), String> {
        for (name, before) in &self.before {
            if !wants.iter().any(|want| want.name == *name) && self.after[name] != *before {
                return Err(format!("{name} was written"));
            }
        }
        for Want { name, of } in wants {
            let (got, before) = (self.words(name), &self.before[name]);
            match of {
                Wanted::Words(want) => same(name, got, want)?,
                Wanted::Floats { want, atol, rtol } => {
                    if got.len() != want.len() {
                        return Err(format!("{name}: {} elements, not {}", got.len(), want.len()));
                    }
                    let (mut near, mut to) = (Vec::new(), Vec::new());
                    for (i, want) in want.iter().enumerate() {
                        if !want.is_nan() {
                            near.push(f32::from_bits(got[i]));
                            to.push(*want);
                        } else if got[i] != before[i] {
                            return Err(format!("{name}: element {i} was written: {:e}", f32::from_bits(got[i])));
                        }
                    }
                    compare(&format!("{name} (of what is to be written)"), &near, &to, *atol, *rtol)?;
                }
            }
        }
        Ok(())
    }
}

fn same(name: &str, got: &[u32], want: &[u32]) -> Result<(), String> {
    if got.len() != want.len() {
        return Err(format!("{name}: {} words, not {}", got.len(), want.len()));
    }
    let differ = || (0..got.len()).filter(|&i| got[i] != want[i]);
    match differ().next() {
        None => Ok(()),
        Some(i) => Err(format!(
            "{name}: {} of {} words differ, first at {i}: got {}, want {}",
            differ().count(),
            got.len(),
            got[i],
            want[i]
        )),
    }
}

/// A word of NaN: what a blank holds.
pub const BLANK: u32 = f32::NAN.to_bits();

/// The harness's own negative controls, on a kernel that is easy to foresee.
#[test]
fn what_a_case_leaves_unsaid_must_stay() {
    let model = crate::reference::fixtures::model(16, 1, 2, 1);
    let shape = Shape::new(&model, 64);
    let config = primordia::spec::config::Config { model, ..Default::default() };
    let hyper = Hyper::new(&config, (3, 3), 1, 0);
    let run =
        || Run::new("learn/sum", &shape, &hyper).floats("statistics", &[1.0, 2.0, 3.0, 4.0]).floats("sums", &[0.5; 8]);
    let sums = |row: [f64; 4]| vec![0.5, 0.5, 0.5, 0.5, row[0], row[1], row[2], row[3]];
    let check = |wants| run().check(args![n: 1, out: 1], Over::Groups([1, 1, 1]), wants);
    assert_eq!(check(vec![floats("sums", sums([1.5, 2.5, 3.5, 4.5]), 1e-6)]), Ok(()));
    assert!(check(vec![]).is_err(), "a buffer that was written unforeseen");
    assert!(check(vec![floats("sums", sums([1.5, 2.5, 3.5, f64::NAN]), 1e-6)]).is_err(), "an element that was");
    assert!(check(vec![floats("sums", sums([1.5, 2.5, 3.5, 4.6]), 1e-6)]).is_err(), "a wrong element");
    assert!(check(vec![words("sums", vec![0; 8])]).is_err(), "wrong words");
    let overrun = Run::new("learn/sum", &shape, &hyper).floats("statistics", &[1.0; 4]).floats("sums", &[0.5; 4]);
    assert!(overrun.check(args![n: 1, out: 1], Over::Groups([1, 1, 1]), vec![]).is_err(), "a guard that was written");
    assert_ne!(BLANK, GUARD);
}

/// Runs a kernel that takes `n` and `out` with other arguments: why it would not.
fn refusal(args: Args) -> String {
    let model = crate::reference::fixtures::model(16, 1, 2, 1);
    let shape = Shape::new(&model, 64);
    let hyper = Hyper::new(&primordia::spec::config::Config { model, ..Default::default() }, (3, 3), 1, 0);
    let run = Run::new("learn/sum", &shape, &hyper).blank("statistics", 4).blank("sums", 4);
    let ran =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run.go(args, Over::Groups([1, 1, 1])).map(drop)));
    *ran.expect_err("a kernel ran without its arguments").downcast::<String>().expect("a sentence")
}

#[test]
fn a_kernel_takes_its_arguments_by_name_and_no_others() {
    let takes = |given: &str| format!("shaders/learn/sum.wgsl takes (n, out), not ({given})");
    assert_eq!(refusal(args![n: 1]), takes("n"));
    assert_eq!(refusal(args![n: 1, into: 0]), takes("n, into"));
    assert_eq!(refusal(args![n: 1, out: 0, tile: 0]), takes("n, out, tile"));
    assert_eq!(refusal(args![n: 1, n: 1]), takes("n, n"));
    // In any order.
    let shape = Shape::new(&crate::reference::fixtures::model(16, 1, 2, 1), 64);
    let hyper = Hyper::new(&Default::default(), (3, 3), 1, 0);
    let run = Run::new("learn/sum", &shape, &hyper).floats("statistics", &[1.0; 4]).floats("sums", &[0.5; 8]);
    let want = [vec![0.5; 4], vec![1.5; 4]].concat();
    run.check(args![out: 1, n: 1], Over::Groups([1, 1, 1]), vec![floats("sums", want, 1e-6)]).unwrap();
}
