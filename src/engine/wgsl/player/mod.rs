//! A world in play: the stage, and `primordia play`.

mod lens;

use std::sync::Arc;

use lens::Lens;

use super::buffers::{Buffers, Plan};
use super::forward::{Draw, Forward, Memory, Op, Span, pass};
use super::hyper::Hyper;
use super::shape::{STRETCH, Shape};
use super::{cells_from_grid, grid_from_cells};
use crate::args;
use crate::engine::wgsl::gpu::{self, Gpu};
use crate::engine::{self, EngineError, Field, FieldMap, Inspection, Probe};
use crate::spec::config::{Config, Term};
use crate::spec::grid::{Grid, Windows};
use crate::spec::rule::Rule;
use crate::spec::settings;

/// Agents with new windows that a player looks at together.
const CHUNK: usize = 1 << 16;
/// Grids in `states`: two in turn, and one for colours that are drawn to be looked at only.
const GRIDS: usize = 3;
/// The one to be looked at only.
const SKETCH: usize = 2;

/// A world, and what looks into it.
pub struct Player {
    world: World,
    /// Made when somebody looks.
    lens: Option<Lens>,
}

impl Player {
    pub fn new(gpu: &Gpu, rule: &Rule, grid: &Grid, seed: u32) -> Result<Self, EngineError> {
        Ok(Self { world: World::new(gpu, rule, grid, seed)?, lens: None })
    }

    /// Makes the kernels anew where their files were edited; what they work on stays in the buffers.
    fn refresh(&mut self) -> Result<(), EngineError> {
        let (world, generation) = (&mut self.world, gpu::generation());
        if world.generation != generation {
            (world.forward, world.find, world.list) = kernels(&world.gpu, &world.buffers, &world.forward.shape)?;
            (world.generation, world.valued, self.lens) = (generation, [false; 2], None);
        }
        Ok(())
    }

    fn look(&mut self) -> Result<(&Lens, &mut World), EngineError> {
        self.refresh()?;
        let lens = match self.lens.take() {
            Some(lens) => lens,
            None => Lens::new(&self.world)?,
        };
        Ok((self.lens.insert(lens), &mut self.world))
    }
}

impl engine::Player for Player {
    fn config(&self) -> &Config {
        &self.world.config
    }

    fn size(&self) -> (usize, usize) {
        (self.world.windows.height, self.world.windows.width)
    }

    fn steps(&self) -> u32 {
        self.world.steps
    }

    fn step(&mut self, greedy: bool) -> Result<(), EngineError> {
        self.refresh()?;
        let world = &mut self.world;
        let next = 1 - world.now;
        let mut encoder = world.propose(greedy, |_, _| ())?;
        let fours = world.windows.height * world.windows.fours();
        world.forward.aggregate(&mut pass(&mut encoder), 0..fours, next, world.draw(greedy));
        world.gpu.finish(encoder)?;
        (world.now, world.stepped) = (next, true);
        world.valued[next] = false;
        world.steps += 1;
        Ok(())
    }

    fn grid(&self) -> Result<Grid, EngineError> {
        self.world.grid()
    }

    fn transition(&self) -> Result<Option<(Grid, Grid)>, EngineError> {
        let world = &self.world;
        if !world.stepped {
            return Ok(None);
        }
        let mut grids = world.grids(&[1 - world.now, world.now])?;
        Ok(grids.pop().and_then(|after| Some((grids.pop()?, after))))
    }

    fn set_grid(&mut self, grid: &Grid) -> Result<(), EngineError> {
        self.world.set_grid(grid)
    }

    fn set_before(&mut self, grid: &Grid) -> Result<(), EngineError> {
        let world = &mut self.world;
        world.now = 1 - world.now;
        let done = world.set_grid(grid);
        world.now = 1 - world.now;
        world.stepped = done.is_ok();
        done
    }

    fn set_noise(&mut self, seed: u32, steps: u32) {
        let world = &mut self.world;
        (world.seed, world.steps) = (seed, steps);
        world.write_hyper();
    }

    fn set_rule(&mut self, rule: &Rule) {
        let before = self.world.aim();
        self.world.set_rule(rule);
        if self.world.aim() != before {
            // It holds the picture.
            self.lens = None;
        }
    }

    fn probe(&mut self) -> Result<Probe, EngineError> {
        let (lens, world) = self.look()?;
        lens.probe(world)
    }

    fn inspect(&mut self, row: usize, column: usize, greedy: bool) -> Result<Inspection, EngineError> {
        let (lens, world) = self.look()?;
        lens.inspect(world, (row, column), greedy)
    }

    fn field(&mut self, field: Field, greedy: bool) -> Result<Option<FieldMap>, EngineError> {
        let (lens, world) = self.look()?;
        lens.field(world, field, greedy)
    }
}

/// One world under a rule: its state and its steps.
struct World {
    gpu: Gpu,
    config: Config,
    /// The picture for the term `target`, where the rule has it.
    target: Option<Arc<Grid>>,
    windows: Windows,
    seed: u32,
    steps: u32,
    /// Of the shaders that the kernels were made from.
    generation: u32,
    forward: Forward,
    find: Op,
    list: Op,
    buffers: Buffers,
    /// Which of the first two grids in `states` is the state now; steps go from each to the other.
    now: usize,
    /// Whether a step led from the other one to it.
    stepped: bool,
    /// Whether V of each of the two is known, at its place in `values`.
    valued: [bool; 2],
}

fn kernels(gpu: &Gpu, buffers: &Buffers, shape: &Shape) -> Result<(Forward, Op, Op), EngineError> {
    let constants = shape.constants(gpu).with("LISTED");
    let op = |name| Op::new(gpu, buffers, &constants, name, &[]);
    Ok((Forward::new(gpu, buffers, shape, &constants)?, op("distinct/find")?, op("distinct/list")?))
}

impl World {
    /// A world in this state under a rule.
    fn new(gpu: &Gpu, rule: &Rule, grid: &Grid, seed: u32) -> Result<Self, EngineError> {
        let config = &*rule.config;
        let windows = Windows::new(grid.height, grid.width, config.world.boundary);
        let shape = Shape::new(&config.model, windows.count().min(CHUNK));
        let cells = grid.cells.len();
        let mut plan = Plan::default();
        Forward::plan(&shape, windows.count(), shape.chunk, &mut plan);
        plan.add("unseen", windows.count().div_ceil(STRETCH) + 1, 4);
        plan.add("states", GRIDS * cells, 4);
        plan.add("grids", GRIDS, 4);
        plan.add("proposals", 2 * windows.count(), 4);
        // Nobody learns from the draws.
        plan.add("log_probs", 0, 4);
        plan.add("colour_log_probs", 0, 4);
        plan.add("values", 2 * windows.count(), 4);
        let buffers = plan.allocate(gpu, "this world", "its size")?;
        let (generation, (forward, find, list)) = (gpu::generation(), kernels(gpu, &buffers, &shape)?);
        let mut world = Self {
            gpu: gpu.clone(),
            config: config.clone(),
            target: None,
            windows,
            seed,
            steps: 0,
            generation,
            forward,
            find,
            list,
            buffers,
            now: 0,
            stepped: false,
            valued: [false; 2],
        };
        world.write("grids", &[0, 1, 2]);
        world.set_rule(rule);
        world.set_grid(grid)?;
        Ok(world)
    }

    /// Draws every window's proposal for the coming step, and begins what comes next with it. What f makes of a span's
    /// windows is there when `look` is called.
    fn propose(
        &mut self,
        greedy: bool,
        look: impl Fn(&mut wgpu::ComputePass, Span),
    ) -> Result<wgpu::CommandEncoder, EngineError> {
        let whole = self.whole(self.now);
        let spans = if self.know(whole, false)? { vec![whole] } else { self.parts(whole) };
        let mut encoder = self.gpu.encoder();
        for &span in &spans {
            if spans.len() > 1 {
                self.gpu.finish(encoder)?;
                self.know(span, false)?;
                encoder = self.gpu.encoder();
            }
            let mut pass = pass(&mut encoder);
            look(&mut pass, span);
            self.forward.propose(&mut pass, span, self.draw(greedy));
        }
        Ok(encoder)
    }

    /// Sees to it that f is known for every window of a span, with `critic` what V takes from it too. Tells whether it
    /// is: not where more windows are new than are looked at together.
    fn know(&mut self, span: Span, critic: bool) -> Result<bool, EngineError> {
        let Span { grids_first, first, n } = span;
        let chunk = self.forward.shape.chunk;
        if n > chunk && !self.forward.knows(critic) {
            return Ok(false);
        }
        let (blocks, table) = (n.div_ceil(STRETCH), self.forward.shape.table);
        let fresh = loop {
            let mut encoder = self.gpu.encoder();
            if !self.forward.knows(critic) {
                self.forward.begin(&mut encoder, &self.buffers, table, critic);
            }
            encoder.clear_buffer(&self.buffers["unseen"], 0, None);
            let rows = n / self.windows.columns;
            let fours = rows * self.windows.columns.div_ceil(4);
            self.find.each(&mut pass(&mut encoder), args![first, agents: n, grid: grids_first, table], fours);
            self.gpu.queue.submit([encoder.finish()]);
            // How many there are in each stretch, then before each.
            let mut unseen = self.gpu.read::<u32>(&[(&self.buffers["unseen"], 0, 4 * blocks as u64)])?.remove(0);
            unseen.push(0);
            let mut fresh = 0;
            for here in &mut unseen {
                fresh += std::mem::replace(here, fresh);
            }
            let fresh = fresh as usize;
            if fresh == 0 || fresh > chunk {
                return Ok(fresh == 0);
            }
            self.forward.make_room(&self.gpu, &self.buffers, fresh)?;
            if self.forward.has_room(fresh, critic) {
                self.write("unseen", &unseen);
                break fresh;
            }
            self.forward.forget();
        };
        let mut encoder = self.gpu.encoder();
        self.list.each(&mut pass(&mut encoder), args![first, agents: n], blocks);
        self.forward.evaluate(&mut encoder, &self.buffers, Span { n: fresh, ..span }, critic, Memory::Kept);
        self.gpu.queue.submit([encoder.finish()]);
        Ok(true)
    }

    /// The draws of the coming step.
    fn draw(&self, greedy: bool) -> Draw {
        Draw { grid: 0, step: self.steps, world: 0, greedy }
    }

    fn cells(&self) -> usize {
        self.windows.height * self.windows.width
    }

    /// The state now.
    fn grid(&self) -> Result<Grid, EngineError> {
        Ok(self.grids(&[self.now])?.remove(0))
    }

    fn grids(&self, which: &[usize]) -> Result<Vec<Grid>, EngineError> {
        let bytes = 4 * self.cells() as u64;
        let parts: Vec<_> = which.iter().map(|&grid| (&self.buffers["states"], grid as u64 * bytes, bytes)).collect();
        let (height, width) = (self.windows.height, self.windows.width);
        Ok(self.gpu.read::<u32>(&parts)?.iter().map(|cells| grid_from_cells(height, width, cells)).collect())
    }

    /// Replaces the state (of the same size) and goes on counting steps.
    fn set_grid(&mut self, grid: &Grid) -> Result<(), EngineError> {
        if (grid.height, grid.width) != (self.windows.height, self.windows.width) {
            return Err(EngineError::Input(format!(
                "a state of {}×{} cells does not fit a world of {}×{}",
                grid.height, grid.width, self.windows.height, self.windows.width
            )));
        }
        let at = 4 * (self.now * self.cells()) as u64;
        self.gpu.queue.write_buffer(&self.buffers["states"], at, bytemuck::cast_slice(&cells_from_grid(grid)));
        self.stepped = false;
        self.valued[self.now] = false;
        Ok(())
    }

    /// Goes on under another rule, which fits the one before ([`Rule::fits`]).
    fn set_rule(&mut self, rule: &Rule) {
        self.valued = [false; 2];
        self.forward.forget();
        self.write("params", &rule.params);
        self.write("returns", &[rule.returns.0, rule.returns.1]);
        self.target.clone_from(&rule.target);
        settings::take_live(&mut self.config, &rule.config);
        self.write_hyper();
    }

    /// What the term `target` compares with, where it counts: the picture's name and the picture.
    fn aim(&self) -> Option<(Option<String>, Option<Arc<Grid>>)> {
        let counts = self.config.weight(Term::Target) != 0.0;
        counts.then(|| (self.config.reward.target.clone(), self.target.clone()))
    }

    fn write<T: bytemuck::Pod>(&self, name: &str, values: &[T]) {
        self.gpu.queue.write_buffer(&self.buffers[name], 0, bytemuck::cast_slice(values));
    }

    fn write_hyper(&self) {
        let mut hyper = Hyper::new(&self.config, (self.windows.height, self.windows.width), 1, self.seed);
        // A step is looked at by itself.
        hyper.steps = 1;
        self.write("hyper", &[hyper]);
    }

    /// The windows of one of the two grids.
    fn whole(&self, grid: usize) -> Span {
        Span { grids_first: grid, first: 0, n: self.windows.count() }
    }

    /// The same in as many whole rows at a time as are looked at together.
    fn parts(&self, whole: Span) -> Vec<Span> {
        let size = self.forward.shape.chunk / self.windows.columns * self.windows.columns;
        let part = |first| Span { first, n: size.min(whole.n - first), ..whole };
        (0..whole.n).step_by(size).map(part).collect()
    }

    /// Whether all windows are looked at together, which V needs: it takes from a window's neighbours.
    fn sees_whole(&self) -> bool {
        self.windows.count() <= self.forward.shape.chunk
    }

    /// V of the state now, and of the one that a step led from.
    fn value_transition(&mut self) -> Result<(), EngineError> {
        if self.stepped {
            self.values(1 - self.now)?;
        }
        self.values(self.now)
    }

    /// V of every window of one of the two grids, from place N·`grid` on, unless it is known.
    fn values(&mut self, grid: usize) -> Result<(), EngineError> {
        if self.valued[grid] {
            return Ok(());
        }
        self.know(self.whole(grid), true)?;
        let n = self.windows.count();
        let mut encoder = self.gpu.encoder();
        {
            let mut pass = pass(&mut encoder);
            self.forward.hidden(&mut pass, self.windows.count());
            self.forward.value(&mut pass, n, n * grid);
        }
        self.gpu.finish(encoder)?;
        self.valued[grid] = true;
        Ok(())
    }
}
