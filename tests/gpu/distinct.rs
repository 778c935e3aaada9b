//! Finding the distinct windows of a chunk.

use std::collections::BTreeMap;

use primordia::args;
use primordia::engine::wgsl::Hyper;
use primordia::engine::wgsl::shape::Shape;
use primordia::spec::grid::{Grid, key_from_colours};

use crate::compare::check_cases;
use crate::harness::{BLANK, Over, Ran, Run, Want, kernels, words};
use crate::reference::fixtures;
use crate::sort::scanned;
use crate::worlds::{WORLDS, World, shuffled};

kernels! {
    "distinct/insert" => insert,
    "distinct/count" => count,
    "distinct/assign" => assign,
    "distinct/agents" => agents,
    "distinct/alone" => alone,
    "distinct/find" => find,
    "distinct/list" => list,
    "distinct/number" => number,
}

/// A chunk whose windows repeat: grids of two colours, met in an order of their own; all agents, or some that are listed.
struct Chunk {
    hyper: Hyper,
    shape: Shape,
    states: Vec<u32>,
    grids: Vec<u32>,
    grids_first: usize,
    /// Which agents, in their order.
    agents: Vec<u32>,
    listed: bool,
    /// Of each agent of the chunk.
    keys: Vec<u32>,
    /// Entries of the table.
    table: usize,
    /// Of each key: its place in the table, and the first agent that has it.
    entries: BTreeMap<u32, (usize, usize)>,
    /// The slots of the keys that an earlier look has found.
    known: BTreeMap<u32, u32>,
}

impl Chunk {
    fn new(world: World, listed: bool) -> Self {
        let windows = world.windows();
        let grids = world.grids + 2;
        let all: Vec<Grid> = (0..grids).map(|i| fixtures::grid(world.height, world.width, 2, i as u32)).collect();
        let order = shuffled(grids, 51);
        let all_agents = 0..world.agents() as u32;
        let agents: Vec<u32> = all_agents.filter(|a| !listed || a % 5 != 1 || world.agents() == 1).collect();
        let keys: Vec<u32> = agents
            .iter()
            .map(|&a| {
                let a = a as usize;
                let grid = &all[order[1 + a / windows.count()] as usize];
                key_from_colours(&windows.colours(grid, a % windows.count()))
            })
            .collect();
        let table = (2 * keys.len()).next_power_of_two();
        let places = shuffled(table, 52);
        let mut entries = BTreeMap::new();
        for (a, &key) in keys.iter().enumerate() {
            let place = places[entries.len()] as usize;
            entries.entry(key).or_insert((place, a));
        }
        Self {
            hyper: world.hyper(),
            shape: Shape::new(&world.config().model, world.agents()),
            states: all.iter().flat_map(|grid| grid.cells.iter().map(|&c| c.into())).collect(),
            grids: order,
            grids_first: 1,
            agents,
            listed,
            keys,
            table,
            entries,
            known: BTreeMap::new(),
        }
    }

    fn n(&self) -> usize {
        self.keys.len()
    }

    /// The same kernel with every agent, and with those that are listed.
    fn both(world: World, check: impl Fn(Self) -> Result<(), String>) -> Result<(), String> {
        let named = |listed| check(Self::new(world, listed)).map_err(|error| format!("listed: {listed}: {error}"));
        [false, true].into_iter().try_for_each(named)
    }

    fn run(&self, kernel: &'static str) -> Run<'_> {
        let run = Run::new(kernel, &self.shape, &self.hyper)
            .words("states", &self.states)
            .words("grids", &self.grids)
            .words("fresh", &self.agents);
        if self.listed { run.with("LISTED") } else { run }
    }

    /// A word for each agent of the chunk, where `row_of_agent` has it; others are blank.
    fn of_agents(&self, words: &[u32]) -> Vec<u32> {
        let mut all = vec![BLANK; self.agents.last().map_or(0, |&last| last as usize + 3)];
        self.agents.iter().zip(words).for_each(|(&agent, &word)| all[agent as usize] = word);
        all
    }

    /// The table as `insert` leaves it, and each agent's place in it.
    fn filled(&self) -> (Vec<u32>, Vec<u32>) {
        let mut table = vec![0; 2 * self.table];
        for (key, (place, first)) in &self.entries {
            table[*place] = key + 1;
            // A known key's mark is one of an earlier look, be it by chance that of its first agent here.
            table[self.table + place] = (self.n() - first) as u32;
        }
        (table, self.keys.iter().map(|key| self.entries[key].0 as u32).collect())
    }

    fn is_first(&self, a: usize) -> bool {
        self.entries[&self.keys[a]].1 == a && !self.known.contains_key(&self.keys[a])
    }

    /// The first agents with a new key of each 64.
    fn firsts(&self) -> Vec<u32> {
        let blocks = self.n().div_ceil(64);
        (0..blocks).map(|b| (64 * b..self.n().min(64 * b + 64)).filter(|&a| self.is_first(a)).count() as u32).collect()
    }

    /// Slots number the new keys in the order of their first agents, after those known already.
    fn slots(&self) -> Vec<u32> {
        let slot = |a: usize| match self.known.get(&self.keys[a]) {
            Some(&slot) => slot,
            None => {
                let before = (0..self.entries[&self.keys[a]].1).filter(|&b| self.is_first(b)).count();
                (self.known.len() + before) as u32
            }
        };
        (0..self.n()).map(slot).collect()
    }

    /// Every third key of the chunk, as if an earlier look had found it.
    fn after_a_look(mut self) -> Self {
        self.known = self.entries.keys().copied().step_by(3).zip(0..).collect();
        self
    }

    /// Each entry's slot + 1 as an earlier look left it.
    fn row_from_entry(&self) -> Vec<u32> {
        let mut slots = vec![0; self.table];
        for (key, slot) in &self.known {
            slots[self.entries[key].0] = slot + 1;
        }
        slots
    }

    /// The same once the new keys have slots, and the keys of those; the others' are blank.
    fn assigned(&self) -> (Vec<u32>, Vec<u32>) {
        let ((_, places), slots) = (self.filled(), self.slots());
        let (mut row_from_entry, mut row_key) = (self.row_from_entry(), vec![BLANK; self.n() + 2]);
        for a in (0..self.n()).filter(|&a| self.is_first(a)) {
            row_from_entry[places[a] as usize] = slots[a] + 1;
            row_key[slots[a] as usize] = self.keys[a];
        }
        (row_from_entry, row_key)
    }

    /// How many keys are new.
    fn found(&self) -> u32 {
        (self.entries.len() - self.known.len()) as u32
    }

    fn args(&self) -> [(&'static str, u32); 2] {
        *args![grids_first: self.grids_first, table: self.table]
    }
}

fn insert(kernel: &'static str) {
    check_cases(WORLDS, |world| Chunk::both(world, |chunk| insert_case(kernel, &chunk)));
}

fn insert_case(kernel: &'static str, chunk: &Chunk) -> Result<(), String> {
    let (n, table) = (chunk.n(), chunk.table);
    let blank = chunk.of_agents(&[]);
    let run = chunk
        .run(kernel)
        .words("table", &vec![0; 2 * table])
        .words("row_from_entry", &vec![0; table])
        .blank("row_of_agent", blank.len());
    let ran: Ran = run.go(&chunk.args(), Over::Each(n))?;
    // Where a key lies is the device's choice; that it lies there once, and with its first agent, is not.
    let got = ran.words("table");
    let places: Vec<u32> = chunk.agents.iter().map(|&agent| ran.words("row_of_agent")[agent as usize]).collect();
    for a in 0..n {
        let place = places[a] as usize;
        let want = [chunk.keys[a] + 1, (n - chunk.entries[&chunk.keys[a]].1) as u32];
        if place >= table || [got[place], got[table + place]] != want {
            return Err(format!("agent {a} at {place}: not {want:?}"));
        }
    }
    let used = |part: &[u32]| part.iter().filter(|&&word| word != 0).count();
    let distinct = chunk.entries.len();
    if [used(&got[..table]), used(&got[table..])] != [distinct; 2]
        || ran.words("row_of_agent") != chunk.of_agents(&places)
    {
        return Err(format!("not {distinct} entries"));
    }
    // Entries that have a slot get no mark.
    let known = chunk
        .run(kernel)
        .words("table", &vec![0; 2 * table])
        .words("row_from_entry", &vec![1; table])
        .blank("row_of_agent", blank.len())
        .go(&chunk.args(), Over::Each(n))?;
    match used(&known.words("table")[table..]) {
        0 => Ok(()),
        marks => Err(format!("{marks} known entries are marked")),
    }
}

fn count(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        Chunk::both(world, |chunk| {
            let chunk = chunk.after_a_look();
            let (table, places) = chunk.filled();
            let blocks = chunk.n().div_ceil(64);
            let want = [chunk.firsts(), vec![BLANK; 2]].concat();
            chunk
                .run(kernel)
                .words("table", &table)
                .words("row_of_agent", &chunk.of_agents(&places))
                .words("row_from_entry", &chunk.row_from_entry())
                .blank("firsts", blocks + 2)
                .check(args![agents: chunk.n(), table: chunk.table], Over::Each(blocks), vec![words("firsts", want)])
        })
    });
}

fn assign(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        Chunk::both(world, |chunk| {
            let chunk = chunk.after_a_look();
            let ((table, places), (row_from_entry, row_key)) = (chunk.filled(), chunk.assigned());
            chunk
                .run(kernel)
                .words("table", &table)
                .words("row_of_agent", &chunk.of_agents(&places))
                .words("firsts", &scanned(&chunk.firsts()))
                .words("row_from_entry", &chunk.row_from_entry())
                .words("counts", &[0, 0, 0, 0, 0, chunk.known.len() as u32])
                .blank("row_key", chunk.n() + 2)
                .check(
                    args![agents: chunk.n(), table: chunk.table],
                    Over::Each(chunk.n().div_ceil(64)),
                    vec![words("row_from_entry", row_from_entry), words("row_key", row_key)],
                )
        })
    });
}

/// A stage's rows from the second on: some windows are known, and the others are counted and listed.
fn part_of_a_stage(world: World) -> (Chunk, usize, Vec<u32>) {
    let chunk = Chunk::new(World { grids: 1, ..world }, false).after_a_look();
    let windows = world.windows();
    let first = if windows.rows > 1 { windows.columns } else { 0 };
    let slot = |key: &u32| chunk.known.get(key).copied().unwrap_or(u32::MAX);
    let slots = chunk.keys[first..].iter().map(slot).collect();
    (chunk, first, slots)
}

/// How many of each 64 are unseen.
fn unseen(slots: &[u32]) -> Vec<u32> {
    slots.chunks(64).map(|slots| slots.iter().filter(|&&slot| slot == u32::MAX).count() as u32).collect()
}

fn find(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let (chunk, first, slots) = part_of_a_stage(world);
        let (n, windows) = (slots.len(), world.windows());
        // A table that holds the known keys where a search comes upon them.
        let (mut table, mut row_from_entry) = (vec![0; 2 * chunk.table], vec![0; chunk.table]);
        for (key, slot) in &chunk.known {
            let mut at = hash(key + 1) as usize % chunk.table;
            while table[at] != 0 {
                at = (at + 1) % chunk.table;
            }
            (table[at], row_from_entry[at]) = (key + 1, slot + 1);
        }
        let before = unseen(&slots);
        let fours = n / windows.columns * windows.columns.div_ceil(4);
        chunk
            .run(kernel)
            .words("table", &table)
            .words("row_from_entry", &row_from_entry)
            .blank("row_of_agent", first + n + 2)
            .words("unseen", &[vec![0; before.len()], vec![7; 2]].concat())
            .check(
                args![first, agents: n, grid: chunk.grids[1], table: chunk.table],
                Over::Each(fours),
                vec![
                    words("row_of_agent", [vec![BLANK; first], slots, vec![BLANK; 2]].concat()),
                    words("unseen", [before, vec![7; 2]].concat()),
                ],
            )
    });
}

/// `hash` of `shaders/common/window.wgsl`.
fn hash(key: u32) -> u32 {
    let h = key.wrapping_mul(0x9E37_79B1);
    let h = (h ^ (h >> 15)).wrapping_mul(0x85EB_CA77);
    h ^ (h >> 13)
}

fn list(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let (chunk, first, slots) = part_of_a_stage(world);
        let places = scanned(&unseen(&slots));
        let fresh = (0..slots.len()).filter(|&a| slots[a] == u32::MAX).map(|a| (first + a) as u32);
        chunk
            .run(kernel)
            .words("row_of_agent", &[vec![u32::MAX; first], slots.clone(), vec![u32::MAX; 2]].concat())
            .words("unseen", &places)
            .blank("fresh", slots.len() + 2)
            .check(
                args![first, agents: slots.len()],
                Over::Each(slots.len().div_ceil(64)),
                vec![words("fresh", fresh.chain([BLANK; 64 * 16]).take(slots.len() + 2).collect())],
            )
    });
}

fn alone(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        let mut chunk = Chunk::new(world, false);
        chunk.shape.tile = 64;
        let first = world.agents() / 5;
        let keys = &chunk.keys[first..];
        let (n, tiles) = (keys.len(), keys.len().div_ceil(64));
        let row_of_agent = vec![BLANK; first].into_iter().chain(0..n as u32).chain([BLANK; 2]).collect();
        let [counts, dispatch] = kept(0, n as u32, tiles, (1, 0));
        chunk
            .run(kernel)
            .blank("row_of_agent", first + n + 2)
            .blank("row_key", n + 2)
            .words("counts", &[1000, 0, 5, 3, 0, 0])
            .blank("dispatch", 9 * tiles + 12)
            .check(
                args![first, grids_first: chunk.grids_first, tiles, learning: true],
                Over::Each(n),
                vec![
                    words("row_of_agent", row_of_agent),
                    words("row_key", keys.iter().copied().chain([BLANK; 2]).collect()),
                    counts,
                    dispatch,
                ],
            )
    });
}

fn agents(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        looks(world, |look| {
            let chunk = &look.chunk;
            let mut row_from_entry = vec![BLANK; chunk.table];
            (0..chunk.n()).for_each(|a| row_from_entry[look.places[a] as usize] = look.slots[a] + 1);
            look.run(kernel).words("row_from_entry", &row_from_entry).words("firsts", &scanned(&chunk.firsts())).check(
                args![tiles: look.tiles(), learning: look.learning],
                Over::Each(chunk.n()),
                look.wants(),
            )
        })
    });
}

fn number(kernel: &'static str) {
    check_cases(WORLDS, |world| {
        looks(world, |look| {
            let chunk = &look.chunk;
            let (row_from_entry, row_key) = chunk.assigned();
            let mut wants = look.wants();
            wants.extend([words("row_from_entry", row_from_entry), words("row_key", row_key)]);
            look.run(kernel)
                .words("table", &chunk.filled().0)
                .words("row_from_entry", &chunk.row_from_entry())
                .blank("row_key", chunk.n() + 2)
                .check(
                    args![agents: chunk.n(), table: chunk.table, tiles: look.tiles(), learning: look.learning],
                    Over::Groups([1, 1, 1]),
                    wants,
                )
        })
    });
}

/// What a look has to leave: each agent's slot, the counts and the dispatches.
struct Look {
    chunk: Chunk,
    learning: u32,
    stopped: u32,
    places: Vec<u32>,
    slots: Vec<u32>,
}

/// While a rollout runs, while one learns, and once learning has stopped.
fn looks(world: World, check: impl Fn(Look) -> Result<(), String>) -> Result<(), String> {
    [(0, 0, false), (0, 1, true), (1, 0, false), (1, 1, true)].into_iter().try_for_each(
        |(learning, stopped, listed)| {
            let mut chunk = Chunk::new(world, listed).after_a_look();
            chunk.shape.tile = 64;
            let ((_, places), slots) = (chunk.filled(), chunk.slots());
            check(Look { chunk, learning, stopped, places, slots })
        },
    )
}

impl Look {
    fn tiles(&self) -> usize {
        self.chunk.n().div_ceil(64)
    }

    fn run(&self, kernel: &'static str) -> Run<'_> {
        self.chunk
            .run(kernel)
            .words("row_of_agent", &self.chunk.of_agents(&self.places))
            .words("counts", &[1000, self.stopped, 5, 3, 0, self.chunk.known.len() as u32])
            .blank("dispatch", 9 * self.tiles() + 12)
    }

    fn wants(&self) -> Vec<Want> {
        let (known, found) = (self.chunk.known.len() as u32, self.chunk.found());
        let [counts, dispatch] = kept(known, found, self.tiles(), (self.learning, self.stopped));
        vec![words("row_of_agent", self.chunk.of_agents(&self.slots)), counts, dispatch]
    }
}

/// What later dispatches are told of slots that a look has found, in tiles of 64.
fn kept(known: u32, found: u32, tiles: usize, (learning, stopped): (u32, u32)) -> [Want; 2] {
    let left = if learning * stopped == 1 { 0 } else { found };
    let mut dispatch: Vec<u32> = (0..tiles as u32)
        .flat_map(|tile| {
            let bands = left.saturating_sub(64 * tile).min(64).div_ceil(8);
            [9, 2, 1].into_iter().flat_map(move |parts| [(bands * parts).div_ceil(8), 1, 1])
        })
        .collect();
    dispatch.extend([BLANK; 12]);
    let seen = if learning == 1 { 5 } else { 5 + found };
    [words("counts", vec![left, stopped, seen, 3, known, known + found]), words("dispatch", dispatch)]
}
