//! Sorting a chunk's agents by their slots.

use primordia::args;
use primordia::engine::wgsl::Hyper;
use primordia::engine::wgsl::shape::{ALL_ROWS, LISTS, Shape};

use crate::compare::{Case, check_cases};
use crate::harness::{BLANK, Over, Run, kernels, words};
use crate::worlds::{WORLDS, shuffled};

kernels! {
    "distinct/scan" => scan,
    "distinct/list_clear" => list_clear,
    "distinct/list_count" => list_count,
    "distinct/list_offsets" => list_offsets,
    "distinct/list_fill" => list_fill,
}

/// Exclusive prefix sums and the total.
pub fn scanned(values: &[u32]) -> Vec<u32> {
    let mut sums = vec![0];
    for value in values {
        sums.push(sums[sums.len() - 1] + value);
    }
    sums
}

const LENGTHS: &[Case<usize>] = &[
    Case { name: "nothing", of: 0 },
    Case { name: "one", of: 1 },
    Case { name: "a workgroup less one", of: 63 },
    Case { name: "a workgroup", of: 64 },
    Case { name: "a workgroup and one", of: 65 },
    Case { name: "many", of: 1000 },
];

fn setup() -> (Shape, Hyper) {
    (Shape::new(&WORLDS[0].of.config().model, 1024), WORLDS[0].of.hyper())
}

fn scan(kernel: &'static str) {
    check_cases(LENGTHS, |n| {
        let (shape, hyper) = setup();
        let values: Vec<u32> = shuffled(n, 53).iter().map(|v| v % 9).collect();
        let want = [scanned(&values), vec![4]].concat();
        // By its own count, and by the slots there are.
        [(n, 12345), (ALL_ROWS as usize, n)].into_iter().try_for_each(|(count, slots)| {
            Run::new(kernel, &shape, &hyper)
                .words("values", &[values.as_slice(), &[99, 4]].concat())
                .words("counts", &[slots as u32, 0, 0, 0])
                .check(args![n: count], Over::Groups([1, 1, 1]), vec![words("values", want.clone())])
        })
    });
}

/// Agents and their slots.
struct Lists {
    row_of_agent: Vec<u32>,
    slots: usize,
    shape: Shape,
    hyper: Hyper,
}

impl Lists {
    fn new(n: usize) -> Self {
        let (shape, hyper) = setup();
        let slots = n.div_ceil(3);
        let row_of_agent = shuffled(n, 54).iter().map(|a| a % slots.max(1) as u32).collect();
        Self { row_of_agent, slots, shape, hyper }
    }

    /// Agents of each slot in each run of agents, (slots, LISTS).
    fn tally(&self) -> Vec<u32> {
        let width = self.row_of_agent.len().div_ceil(LISTS);
        let mut tally = vec![0; self.slots * LISTS];
        for (a, &slot) in self.row_of_agent.iter().enumerate() {
            tally[slot as usize * LISTS + a / width] += 1;
        }
        tally
    }

    /// Where each run's agents begin in their slot's list, and the lists' lengths.
    fn offsets(&self) -> (Vec<u32>, Vec<u32>) {
        let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
        for tally in self.tally().chunks(LISTS) {
            let sums = scanned(tally);
            offsets.extend(&sums[..LISTS]);
            lengths.push(sums[LISTS]);
        }
        (offsets, lengths)
    }

    fn run(&self, kernel: &'static str, slots: usize) -> Run<'_> {
        Run::new(kernel, &self.shape, &self.hyper)
            .words("row_of_agent", &self.row_of_agent)
            .words("counts", &[slots as u32, 0, 0, 0])
    }
}

fn list_clear(kernel: &'static str) {
    check_cases(LENGTHS, |n| {
        let lists = Lists::new(n);
        let want = [vec![0; lists.slots * LISTS], vec![BLANK; LISTS]].concat();
        let run = lists.run(kernel, lists.slots).blank("tally", want.len());
        run.check(args![], Over::Each(n), vec![words("tally", want)])
    });
}

fn list_count(kernel: &'static str) {
    check_cases(LENGTHS, |n| {
        let lists = Lists::new(n);
        let empty = vec![0; lists.slots * LISTS];
        // Once learning has stopped there are no slots, and nothing is counted.
        [(lists.slots, lists.tally()), (0, empty.clone())].into_iter().try_for_each(|(slots, want)| {
            let run = lists.run(kernel, slots).words("tally", &empty);
            run.check(args![agents: n], Over::Each(LISTS), vec![words("tally", want)])
        })
    });
}

fn list_offsets(kernel: &'static str) {
    check_cases(LENGTHS, |n| {
        let lists = Lists::new(n);
        let (offsets, lengths) = lists.offsets();
        let run = lists.run(kernel, lists.slots).words("tally", &lists.tally()).blank("list_start", lists.slots + 1);
        let starts = [lengths, vec![BLANK]].concat();
        run.check(args![], Over::Each(n), vec![words("tally", offsets), words("list_start", starts)])
    });
}

fn list_fill(kernel: &'static str) {
    check_cases(LENGTHS, |n| {
        let lists = Lists::new(n);
        let (offsets, lengths) = lists.offsets();
        let ends: Vec<u32> = offsets.iter().zip(lists.tally()).map(|(offset, count)| offset + count).collect();
        let mut list: Vec<u32> = (0..n as u32).collect();
        list.sort_by_key(|&a| (lists.row_of_agent[a as usize], a));
        [(lists.slots, list, ends), (0, vec![BLANK; n], offsets.clone())].into_iter().try_for_each(
            |(slots, list, tally)| {
                let run = lists.run(kernel, slots).words("tally", &offsets).words("list_start", &scanned(&lengths));
                let wants = vec![words("list", list), words("tally", tally)];
                run.blank("list", n).check(args![agents: n], Over::Each(LISTS), wants)
            },
        )
    });
}
