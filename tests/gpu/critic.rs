//! V from its projections on, forward and backward.

use primordia::args;
use primordia::engine::wgsl::Hyper;
use primordia::engine::wgsl::shape::{PART, Shape, place};
use primordia::spec::CRITIC_WIDTH;
use primordia::spec::params::Params;

use crate::compare::check_cases;
use crate::harness::{Over, Run, floats, kernels};
use crate::lists::Lists;
use crate::reference::linear::{self, gelu, gelu_slope};
use crate::reference::{critic, fixtures, widened};
use crate::sums::SLOT_COUNTS;
use crate::worlds::{WORLDS, World, normals};

kernels! {
    "forward/critic_box" => critic_box,
    "forward/critic_hidden" => critic_hidden,
    "forward/value" => value,
    "learn/value_loss" => value_loss,
    "backward/critic_wide" => critic_wide,
    "backward/critic_box" => critic_box_backward,
    "backward/critic_project" => critic_project_backward,
}

/// (agents, V).
type Rows = Vec<Vec<f64>>;

/// A chunk of agents that share slots, with projections and all that comes before a kernel.
struct Bench {
    world: World,
    hyper: Hyper,
    shape: Shape,
    params: Vec<f64>,
    row_of_agent: Vec<u32>,
    /// (slots, 48).
    projected: Vec<f64>,
    /// (agents, 32): box(p1), box(p2).
    boxed: Vec<f64>,
}

impl Bench {
    fn new(world: World) -> Self {
        let config = world.config();
        let table = Params::new(&config.model);
        let n = world.agents();
        let slots = n.div_ceil(2);
        Self {
            world,
            hyper: world.hyper(),
            shape: Shape::new(&config.model, n),
            params: widened(&fixtures::params(&table, 81)),
            row_of_agent: (0..n).map(|a| ((5 * a + 2) % slots) as u32).collect(),
            projected: normals(48 * slots, 82),
            boxed: normals(32 * n, 83),
        }
    }

    fn n(&self) -> usize {
        self.row_of_agent.len()
    }

    fn w_value(&self) -> Vec<f64> {
        let block = self.shape.params.critic_value;
        self.params[block.offset..][..block.len()].to_vec()
    }

    /// An agent's projection p0, p1 or p2.
    fn part(&self, a: usize, i: usize) -> &[f64] {
        &self.projected[48 * self.row_of_agent[a] as usize + 16 * i..][..CRITIC_WIDTH]
    }

    /// Means, or their transposes, grid by grid.
    fn by_grid(&self, rows: &[Vec<f64>], f: impl Fn(&[Vec<f64>]) -> Rows) -> Rows {
        rows.chunks_exact(self.world.windows().count()).flat_map(f).collect()
    }

    fn mean(&self, rows: &[Vec<f64>], reach: usize) -> Rows {
        self.by_grid(rows, |rows| critic::mean(&self.world.windows(), rows, reach))
    }

    fn mean_backward(&self, rows: &[Vec<f64>], reach: usize) -> Rows {
        self.by_grid(rows, |rows| critic::mean_backward(&self.world.windows(), rows, reach))
    }

    /// (agents, 16): before gelu, from the projections and `boxed`.
    fn hidden(&self) -> Rows {
        let (near, boxed): (Rows, Rows) =
            self.boxed.chunks_exact(32).map(|row| (row[..16].to_vec(), row[16..].to_vec())).unzip();
        let far = self.mean(&boxed, 3);
        let sum = |a: usize| (0..16).map(|c| self.part(a, 0)[c] + near[a][c] + far[a][c]).collect();
        (0..self.n()).map(sum).collect()
    }

    /// V̂.
    fn value(&self, hidden: &[f64]) -> f64 {
        let active: Vec<f64> = hidden.iter().copied().map(gelu).collect();
        linear::linear(&self.params, self.shape.params.critic_value, &active)[0]
    }

    fn run(&self, kernel: &'static str) -> Run<'_> {
        Run::new(kernel, &self.shape, &self.hyper)
            .words("row_of_agent", &self.row_of_agent)
            .floats("projected", &self.projected)
            .floats("w_value", &self.w_value())
    }

    /// A kernel that has an invocation for each of an agent's `features` / 4.
    fn check_means(
        &self,
        kernel: &'static str,
        features: usize,
        name: &'static str,
        want: &[f64],
        given: &[(&'static str, Vec<f64>)],
    ) -> Result<(), String> {
        let mut run = self.run(kernel).blank(name, want.len());
        for (name, values) in given {
            run = run.floats(name, values);
        }
        run.check(args![], Over::Each(self.n() * features / 4), vec![floats(name, want.to_vec(), 1e-5)])
    }
}

fn critic_box(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let bench = Bench::new(world);
        let rows = |part: usize| (0..bench.n()).map(|a| bench.part(a, part).to_vec()).collect::<Rows>();
        let (near, far) = (bench.mean(&rows(1), 1), bench.mean(&rows(2), 1));
        let want = (0..bench.n()).flat_map(|a| [near[a].clone(), far[a].clone()].concat()).chain([f64::NAN; 32]);
        bench.check_means(kernel, 32, "boxed", &want.collect::<Vec<_>>(), &[])
    });
}

fn critic_hidden(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let bench = Bench::new(world);
        let want = [bench.hidden().concat(), vec![f64::NAN; 16]].concat();
        bench.check_means(kernel, 16, "hidden", &want, &[("boxed", bench.boxed.clone())])
    });
}

fn value(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let bench = Bench::new(world);
        let (mean, std, out) = (-3.0, 2.5, 7);
        let values = bench.hidden().iter().map(|hidden| bench.value(hidden) * std + mean).collect();
        let want = [vec![f64::NAN; out], values, vec![f64::NAN; 3]].concat();
        let run =
            bench.run(kernel).floats("hidden", &bench.hidden().concat()).floats("returns", &[mean, std, 9.0, 9.0]);
        let run = run.blank("values", want.len());
        run.check(args![out], Over::Each(bench.n()), vec![floats("values", want, 2e-5)])
    });
}

fn value_loss(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let bench = Bench::new(world);
        let (n, windows, total) = (bench.n(), world.windows().count(), 7);
        let (mean, std) = (0.25, 1.5);
        // The chunk's grids are some of the rollout's, in an order of their own.
        let grids: Vec<u32> = (0..=world.grids as u32).rev().collect();
        let advantages = normals((world.grids + 1) * windows, 84);
        let values = normals((world.grids + 1) * windows, 85);
        let (mut rows, mut statistics) = (Vec::new(), Vec::new());
        let value_coef = f64::from(bench.hyper.value_coef);
        for (a, hidden) in bench.hidden().iter().enumerate() {
            let agent = grids[1 + a / windows] as usize * windows + a % windows;
            let error = bench.value(hidden) - (advantages[agent] + values[agent] - mean) / std;
            let slope = value_coef * error / f64::from(total);
            rows.extend((0..16).map(|c| slope * bench.w_value()[4 * c] * gelu_slope(hidden[c])));
            rows.extend([f64::NAN; 16]);
            statistics.extend([0.5 * error * error, slope, 0.0, 0.0]);
        }
        rows.extend([f64::NAN; 32]);
        statistics.extend([f64::NAN; 4]);
        bench
            .run(kernel)
            .floats("hidden", &bench.hidden().concat())
            .words("grids", &grids)
            .floats("advantages", &advantages)
            .floats("values", &values)
            .floats("returns", &[mean, std, 9.0, 9.0])
            .blank("critic", rows.len())
            .blank("statistics", statistics.len())
            .check(
                args![grids_first: 1, total],
                Over::Each(n),
                vec![floats("critic", rows, 2e-5), floats("statistics", statistics, 2e-5)],
            )
    });
}

/// (agents, 32): dhidden, wide'(dhidden).
fn critic_rows(dhidden: &[Vec<f64>], wide: &[Vec<f64>]) -> Vec<f64> {
    dhidden.iter().zip(wide).flat_map(|(row, wide)| [&row[..], wide].concat()).collect()
}

fn critic_wide(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let bench = Bench::new(world);
        let dhidden: Rows = normals(16 * bench.n(), 86).chunks_exact(16).map(<[f64]>::to_vec).collect();
        // Beside what is read lies what is written.
        let wide = bench.mean_backward(&dhidden, 3);
        let untouched: Rows = vec![vec![f64::NAN; 16]; bench.n()];
        let want = critic_rows(&untouched, &wide);
        bench.check_means(kernel, 16, "critic", &want, &[("critic", critic_rows(&dhidden, &untouched))])
    });
}

fn critic_box_backward(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let bench = Bench::new(world);
        let rows = |seed| normals(16 * bench.n(), seed).chunks_exact(16).map(<[f64]>::to_vec).collect::<Rows>();
        let (dhidden, wide) = (rows(86), rows(90));
        let (near, far) = (bench.mean_backward(&dhidden, 1), bench.mean_backward(&wide, 1));
        let want = (0..bench.n()).flat_map(|a| [near[a].clone(), far[a].clone()].concat()).chain([f64::NAN; 32]);
        let given = [("critic", critic_rows(&dhidden, &wide))];
        bench.check_means(kernel, 32, "dprojected", &want.collect::<Vec<_>>(), &given)
    });
}

fn critic_project_backward(kernel: &'static str) {
    check_cases(SLOT_COUNTS, |(slots, tile_size)| {
        let mut bench = Bench::new(WORLDS[0].of);
        bench.shape.tile = tile_size;
        let (n, d, x) = (2 * slots + 6 * PART, 16, 6);
        let lists = Lists::new(n, slots);
        let dhidden: Rows = normals(16 * n, 87).chunks_exact(16).map(<[f64]>::to_vec).collect();
        let dprojected = normals(32 * n, 88);
        let dp = |agents: &[u32]| {
            agents.iter().fold(vec![0.0; 48], |mut dp, &a| {
                linear::add(&mut dp, &[&dhidden[a as usize], &dprojected[32 * a as usize..][..32]].concat());
                dp
            })
        };
        let last = normals(9 * d * slots, 89);
        let block = bench.shape.params.critic_project;
        (0..slots.div_ceil(tile_size)).try_for_each(|tile| {
            let mut activations = vec![f64::NAN; 36 * tile_size * bench.shape.activations()];
            let mut want = vec![f64::NAN; 4 * (2 * d / 4 + 12) * tile_size];
            for s in 0..tile_size.min(slots - tile * tile_size) {
                let slot = tile * tile_size + s;
                let mut pooled = vec![0.0; d];
                for k in 0..9 {
                    let token = &last[(slot * 9 + k) * d..][..d];
                    for (f, value) in token.iter().enumerate() {
                        activations[4 * place(x, d / 4, (9 * tile_size, 9), (k, s), f / 4) + f % 4] = *value;
                    }
                    linear::norm(token).iter().zip(&mut pooled).for_each(|(n, u)| *u += n / 9.0);
                }
                let dp = dp(lists.of(slot));
                let du = linear::linear_backward(&bench.params, block, &pooled, &dp, &mut bench.params.clone());
                for (first, part) in [(0, pooled), (d / 4, du), (2 * d / 4, dp)] {
                    for (f, value) in part.iter().enumerate() {
                        want[4 * place(first, part.len() / 4, (tile_size, 1), (0, s), f / 4) + f % 4] = *value;
                    }
                }
            }
            let run = bench
                .run(kernel)
                .words("counts", &[slots as u32, 0, 0, 0])
                .words("list_start", &lists.starts)
                .words("list", &lists.list)
                .floats("critic", &critic_rows(&dhidden, &vec![vec![f64::NAN; 16]; n]))
                .floats("dprojected", &dprojected)
                .floats("part_sums", &lists.parts(|agents| [vec![f64::NAN; 108], dp(agents)].concat()))
                .floats("w_project", &bench.params[block.offset..][..block.len()])
                .floats("activations", &activations)
                .blank("drows", want.len());
            run.check(args![tile, x], Over::Each(tile_size), vec![floats("drows", want, 5e-5)])
                .map_err(|error| format!("tile {tile}: {error}"))
        })
    });
}
