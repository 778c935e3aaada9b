//! The reward kernels against `spec::reward`, and credit against the twin.

use primordia::args;
use primordia::engine::wgsl::TERM_QUADS;
use primordia::engine::wgsl::shape::Shape;
use primordia::spec::config::{Config, Credit, Directions, Term};
use primordia::spec::grid::{Boundary, Grid};
use primordia::spec::reward;
use primordia::spec::terms::TERMS;

use crate::compare::{Case, check_cases};
use crate::harness::{BLANK, Over, Run, floats, kernels, words};
use crate::reference::credit;
use crate::reference::fixtures::{self, Noise};
use crate::worlds::{WORLDS, World, hyper, normals};

kernels! {
    "reward/count" => count,
    "reward/pixels" => pixels,
    "reward/match" => matching,
    "reward/terms" => terms,
    "reward/means" => means,
    "reward/credit" => credited,
    "view/moves" => moves,
}

/// Numbers for each term, in whole vectors.
const LANES: usize = 4 * TERM_QUADS;
/// Number of the grid at S_t, and at S_{t+1}.
const NOW: usize = 1;

/// Transitions in which blocks stay, move together and against each other, and flicker.
struct Scene {
    world: World,
    config: Config,
    shape: Shape,
    now: Vec<Grid>,
    next: Vec<Grid>,
    target: Grid,
}

impl Scene {
    fn new(world: World, directions: Directions) -> Self {
        let (height, width) = (world.height, world.width);
        let mut noise = Noise::new(71, 5);
        let now: Vec<Grid> = (0..world.grids).map(|i| fixtures::grid(height, width, 3, 70 + i as u32)).collect();
        let next = now
            .iter()
            .map(|grid| {
                // Rows go left, right or stay, two at a time; then some cells change.
                let cells = (0..height * width)
                    .map(|q| {
                        let (row, column) = (q / width, q % width);
                        let from = (column + width + [1, width - 1, 0][row / 2 % 3]) % width;
                        if noise.below(12) == 0 { noise.below(3) as u8 } else { grid.at(row, from) }
                    })
                    .collect();
                Grid { height, width, cells }
            })
            .collect();
        let mut config = world.config();
        config.reward.directions = directions;
        config.reward.terms = fixtures::weights();
        let shape = Shape::new(&config.model, world.agents());
        Self { world, config, shape, now, next, target: fixtures::grid(height, width, 3, 79) }
    }

    fn next_at(&self) -> usize {
        NOW + self.world.grids + 1
    }

    /// States NOW.., with others around them.
    fn states(&self) -> Vec<u32> {
        let other = [fixtures::grid(self.world.height, self.world.width, 10, 80)];
        let grids = [&other, self.now.as_slice(), &other, &self.next, &other].concat();
        grids.iter().flat_map(|grid| grid.cells.iter().map(|&c| u32::from(c))).collect()
    }

    fn n(&self) -> usize {
        self.world.grids * self.world.cells()
    }

    fn args(&self) -> [(&'static str, u32); 2] {
        *args![grid: NOW, next_grid: self.next_at()]
    }

    fn run(&self, kernel: &'static str) -> Run<'_> {
        Run::new(kernel, &self.shape, &hyper(&self.config)).words("states", &self.states())
    }

    fn inside(&self, row: i32, column: i32) -> Option<usize> {
        let (h, w) = (self.world.height as i32, self.world.width as i32);
        let torus = self.world.boundary == Boundary::Torus;
        let inside = torus || ((0..h).contains(&row) && (0..w).contains(&column));
        inside.then(|| (row.rem_euclid(h) * w + column.rem_euclid(w)) as usize)
    }

    /// A block's four pixels, where it is one.
    fn block(&self, row: i32, column: i32) -> Option<[usize; 4]> {
        let pixels = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(r, c)| self.inside(row + r, column + c));
        pixels.iter().all(Option::is_some).then(|| pixels.map(|pixel| pixel.expect("all are inside")))
    }

    fn positions(&self) -> impl Iterator<Item = (usize, i32, i32)> + use<> {
        let width = self.world.width;
        (0..self.world.cells()).map(move |q| (q, (q / width) as i32, (q % width) as i32))
    }

    /// `pixels.wgsl`'s bits of every pixel.
    fn bits(&self) -> Vec<u32> {
        let mut out = Vec::new();
        for (now, next) in self.now.iter().zip(&self.next) {
            for (q, row, column) in self.positions() {
                let mut bits = u32::from(next.cells[q] == now.cells[q]) << 24;
                for (d, (r, c)) in self.config.reward.directions.offsets().iter().enumerate() {
                    if let Some(to) = self.inside(row + r, column + c) {
                        bits |= u32::from(next.cells[to] == now.cells[q]) << d;
                        bits |= u32::from(now.cells[to] == now.cells[q]) << (8 + d);
                        bits |= 1 << (16 + d);
                    }
                }
                out.push(bits);
            }
        }
        out
    }

    /// How many blocks go each way and no other, (worlds, 8).
    fn headings(&self) -> Vec<u32> {
        let mut out = vec![0; 8 * self.world.grids];
        for (i, (now, next)) in self.now.iter().zip(&self.next).enumerate() {
            for (_, row, column) in self.positions() {
                let Some(here) = self.block(row, column) else { continue };
                let held = |grid: &Grid, block: [usize; 4]| block.map(|pixel| grid.cells[pixel]);
                let code = held(now, here);
                let offsets = self.config.reward.directions.offsets();
                let ways: Vec<(usize, [usize; 4])> = (offsets.iter().enumerate())
                    .filter_map(|(d, (r, c))| Some((d, self.block(row + r, column + c)?)))
                    .filter(|(_, there)| held(next, *there) == code)
                    .collect();
                if let [(d, there)] = ways.as_slice()
                    && code.iter().any(|&c| c != code[0])
                    && held(next, here) != code
                    && held(now, *there) != code
                {
                    out[8 * i + d] += 1;
                }
            }
        }
        out
    }

    /// How often each block occurs now, and next, (worlds, 2, 10000).
    fn histogram(&self) -> Vec<u32> {
        let mut out = vec![0; 20_000 * self.world.grids];
        for i in 0..self.world.grids {
            for (part, grid) in [&self.now[i], &self.next[i]].into_iter().enumerate() {
                for (_, row, column) in self.positions() {
                    if let Some(block) = self.block(row, column) {
                        let code: usize =
                            block.iter().rev().fold(0, |code, &pixel| 10 * code + usize::from(grid.cells[pixel]));
                        out[20_000 * i + 10_000 * part + code] += 1;
                    }
                }
            }
        }
        out
    }

    /// (worlds, cells, LANES): each term at each cell; 0 where there is no block, and behind the last.
    fn terms(&self) -> Vec<[f64; LANES]> {
        let mut out = Vec::new();
        for (now, next) in self.now.iter().zip(&self.next) {
            let (directions, boundary) = (self.config.reward.directions, self.world.boundary);
            let maps = reward::maps(now, next, directions, boundary, Some(&self.target));
            for (q, row, column) in self.positions() {
                let block = self.block(row, column).map(|_| row as usize * maps.blocks.1 + column as usize);
                let value = |term: Term| match block {
                    _ if term.is_of_pixels() => maps.of(term)[q],
                    Some(block) => maps.of(term)[block],
                    None => 0.0,
                };
                out.push(std::array::from_fn(|lane| Term::ALL.get(lane).map_or(0.0, |&term| value(term))));
            }
        }
        out
    }
}

fn check_scenes(check: impl Fn(&Scene) -> Result<(), String>) {
    check_cases(WORLDS, |world| {
        [Directions::Four, Directions::Eight].into_iter().try_for_each(|directions| {
            check(&Scene::new(world, directions)).map_err(|error| format!("{directions:?}: {error}"))
        })
    });
}

fn count(kernel: &'static str) {
    check_scenes(|scene| {
        let want = scene.histogram();
        let run = scene.run(kernel).words("histogram", &vec![0; want.len()]);
        run.check(&scene.args(), Over::Each(scene.n()), vec![words("histogram", want)])
    });
}

fn pixels(kernel: &'static str) {
    check_scenes(|scene| {
        let want = [scene.bits(), vec![BLANK; 3]].concat();
        let run = scene.run(kernel).blank("pixels", want.len());
        run.check(&scene.args(), Over::Each(scene.n()), vec![words("pixels", want)])
    });
}

fn matching(kernel: &'static str) {
    check_scenes(|scene| {
        let want = scene.headings();
        let run = scene.run(kernel).words("pixels", &scene.bits()).words("headings", &vec![0; want.len()]);
        run.check(args![grid: NOW], Over::Each(scene.n()), vec![words("headings", want)])
    });
}

fn terms(kernel: &'static str) {
    check_scenes(|scene| {
        let terms = scene.terms();
        let pays = |of: &[f64; LANES]| {
            [false, true].map(|of_pixels| {
                let terms = Term::ALL.into_iter().filter(|term| term.is_of_pixels() == of_pixels);
                terms.map(|term| f64::from(scene.config.weight(term)) * of[term as usize]).sum::<f64>()
            })
        };
        let rewards = terms.iter().flat_map(pays).collect();
        let target: Vec<u32> = scene.target.cells.iter().map(|&c| c.into()).collect();
        let run = scene
            .run(kernel)
            .words("pixels", &scene.bits())
            .words("headings", &scene.headings())
            .words("histogram", &scene.histogram())
            .words("target_picture", &target)
            .blank("terms", LANES * scene.n())
            .blank("rewards", 2 * scene.n());
        let wants = vec![floats("terms", terms.concat(), 2e-5), floats("rewards", rewards, 1e-4)];
        run.check(&scene.args(), Over::Each(scene.n()), wants)
    });
}

/// Every term is at work somewhere in these scenes: a term that always is 0 would be tested in vain.
#[test]
fn scenes_show_every_term() {
    let mut seen = [false; TERMS];
    for case in WORLDS {
        let terms = Scene::new(case.of, Directions::Four).terms();
        (0..TERMS).for_each(|term| seen[term] |= terms.iter().any(|of| of[term] > 0.0));
    }
    assert_eq!(seen, [true; TERMS]);
}

fn means(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let (cells, shape) = (world.cells(), Shape::new(&world.config().model, world.agents()));
        let mut terms = normals(LANES * world.grids * cells, 72);
        let (rows, columns) = reward::block_positions(world.height, world.width, world.boundary);
        for (q, of) in terms.chunks_exact_mut(LANES).enumerate() {
            let (row, column) = (q % cells / world.width, q % world.width);
            if row >= rows || column >= columns {
                Term::ALL.into_iter().filter(|term| !term.is_of_pixels()).for_each(|term| of[term as usize] = 0.0);
            }
        }
        let mut world_terms = vec![0.0; LANES * world.grids];
        for (at, of) in terms.chunks_exact(LANES).enumerate() {
            for (lane, r) in of.iter().enumerate() {
                let of_pixels = Term::ALL.get(lane).is_some_and(|term| term.is_of_pixels());
                let positions = if of_pixels { cells } else { rows * columns };
                world_terms[at / cells * LANES + lane] += r / positions as f64;
            }
        }
        let before = normals(LANES * (world.grids + 3), 73);
        // The first step of a rollout starts the sums, later ones add to them: the grids are worlds, or steps of one.
        let cases = [(0, world.grids, 1), (4, world.grids, 1), (0, 1, world.grids), (4, 1, world.grids)];
        cases.into_iter().try_for_each(|(t, worlds, steps)| {
            let mut sums = before.clone();
            for (transition, means) in world_terms.chunks_exact(LANES).enumerate() {
                for (sum, mean) in sums[LANES * (2 + transition % worlds)..].iter_mut().zip(means) {
                    *sum = if t + transition / worlds == 0 { *mean } else { *sum + mean };
                }
            }
            Run::new(kernel, &shape, &world.hyper())
                .floats("terms", &terms)
                .blank("world_terms", LANES * world.grids)
                .floats("term_sums", &before)
                .check(
                    args![first_world: 2, worlds, steps, next_step: t],
                    Over::Groups([worlds, 1, 1]),
                    vec![floats("world_terms", world_terms.clone(), 1e-5), floats("term_sums", sums, 1e-5)],
                )
        })
    });
}

const CREDITS: &[Case<Credit>] = &[
    Case { name: "global", of: Credit::Global },
    Case { name: "the footprint", of: Credit::Local { radius: 0 } },
    Case { name: "near", of: Credit::Local { radius: 1 } },
    Case { name: "far", of: Credit::Local { radius: 4 } },
    Case { name: "as far as can be", of: Credit::Local { radius: 16 } },
];

fn credited(kernel: &'static str) {
    check_cases(CREDITS, |credit| {
        WORLDS.iter().try_for_each(|case| {
            // With a picture to aim at, and without: pixels count one further to the right and below.
            [0.75, 0.0].into_iter().try_for_each(|target| {
                credit_case(kernel, case.of, credit, target)
                    .map_err(|error| format!("{}, target {target}: {error}", case.name))
            })
        })
    });
}

fn credit_case(kernel: &'static str, world: World, credit: Credit, target: f32) -> Result<(), String> {
    let mut scene = Scene::new(world, Directions::Four);
    scene.config.reward.credit = credit;
    scene.config.reward.terms.insert(Term::Target, target);
    let (windows, cells) = (world.windows(), world.cells());
    let (rows, columns) = credit::block_positions(&windows);
    let mut rewards = normals(2 * world.grids * cells, 74);
    if target == 0.0 {
        rewards.iter_mut().skip(1).step_by(2).for_each(|pixel| *pixel = 0.0);
    }
    let mut world_terms = normals(LANES * world.grids, 75);
    let mut want = vec![f64::NAN; 5];
    for (i, maps) in rewards.chunks_exact(2 * cells).enumerate() {
        let blocks: Vec<f64> =
            (0..rows * columns).map(|b| maps[2 * (b / columns * world.width + b % columns)]).collect();
        let pixels: Vec<f64> = maps.iter().skip(1).step_by(2).copied().collect();
        want.extend(credit::credit(&blocks, &pixels, &windows, credit));
        // Global credit is read off the terms' means: let those mean what the maps do.
        let mean = |map: &[f64]| map.iter().sum::<f64>() / map.len() as f64;
        let weight = |term: Term| f64::from(scene.config.weight(term));
        let of = &mut world_terms[LANES * i..LANES * (i + 1)];
        let others = |but: Term| {
            let like = Term::ALL.into_iter().filter(|term| *term != but && term.is_of_pixels() == but.is_of_pixels());
            like.map(|term| weight(term) * of[term as usize]).sum::<f64>()
        };
        let (blocks, pixels) = (mean(&blocks) - others(Term::Shift), mean(&pixels) - others(Term::Target));
        of[Term::Shift as usize] = blocks / weight(Term::Shift);
        of[Term::Target as usize] = if target == 0.0 { 0.5 } else { pixels / weight(Term::Target) };
    }
    let n = world.agents();
    want.extend([f64::NAN; 2]);
    Run::new(kernel, &scene.shape, &hyper(&scene.config))
        .floats("rewards", &rewards)
        .floats("world_terms", &world_terms)
        .blank("advantages", want.len())
        .check(args![out: 5], Over::Each(n), vec![floats("advantages", want, 2e-5)])
}

fn moves(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        [Directions::Four, Directions::Eight].into_iter().try_for_each(|directions| {
            let scene = Scene::new(world, directions);
            let held = |grid: &Grid, block: [usize; 4]| block.map(|pixel| grid.cells[pixel]);
            let (now, next) = (&scene.now[0], &scene.next[0]);
            let want: Vec<u32> = scene
                .positions()
                .map(|(_, row, column)| {
                    let Some(here) = scene.block(row, column) else { return 0 };
                    let code = held(now, here);
                    let leaves = code.iter().any(|&c| c != code[0]) && held(next, here) != code;
                    let ways = directions.offsets().iter().enumerate().filter(|(_, (r, c))| {
                        let there = scene.block(row + r, column + c);
                        leaves && there.is_some_and(|there| held(next, there) == code && held(now, there) != code)
                    });
                    ways.map(|(d, _)| 1 << d).sum()
                })
                .collect();
            assert!(world.cells() < 20 || want.iter().any(|&ways| ways != 0));
            let n = world.cells();
            scene.run(kernel).words("pixels", &scene.bits()).blank("ways", n).check(
                args![grid: NOW],
                Over::Each(n),
                vec![words("ways", want)],
            )
        })
    });
}
