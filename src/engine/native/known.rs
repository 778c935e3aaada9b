//! Which windows there are: their keys, a table of those met, and what f makes of each.

use super::lanes::{LANES, Lanes, MOST, Vector, eight};
use super::model::{Net, PAIRS, PROJECTED, Room, forward};
use crate::spec::grid::{Grid, Windows};
use crate::spec::{COLOURS, SLOTS};

/// Numbers of a window's row of log-probabilities, by pair, padded.
pub const LOG_P: usize = 96;
/// Numbers of a window's row of thresholds: nine by the first eight slots, then nine of the last.
pub const CUTS: usize = 96;
/// Windows of a table; beyond, it is begun anew.
pub const KNOWN: usize = 1 << 16;
/// A key's places: rows of a window are three of them each.
const ROW: u32 = 1000;

/// The keys (`spec::grid::key_from_colours`) of the windows of some rows, from a state's cells.
#[derive(Default)]
pub struct Keys {
    /// Three cells of a row beside each other, the first least.
    triples: Vec<u32>,
    pub keys: Vec<u32>,
}

impl Keys {
    #[inline(always)]
    pub fn look(&mut self, windows: &Windows, cells: &[u8], rows: std::ops::Range<usize>) {
        let (width, columns) = (windows.width, windows.columns);
        self.triples.resize((rows.len() + 2) * columns, 0);
        self.keys.resize(rows.len() * columns, 0);
        let triple = |a: u8, b: u8, c: u8| u32::from(a) + 10 * u32::from(b) + 100 * u32::from(c);
        for (i, to) in self.triples.chunks_exact_mut(columns).enumerate() {
            let row = (rows.start + i + windows.origin + windows.height - 1) % windows.height;
            let row = &cells[row * width..][..width];
            let first = 1 - windows.origin;
            for (to, of) in to[first..].iter_mut().zip(row.windows(3)) {
                *to = triple(of[0], of[1], of[2]);
            }
            if first == 1 {
                to[0] = triple(row[width - 1], row[0], row[1]);
                to[columns - 1] = triple(row[width - 2], row[width - 1], row[0]);
            }
        }
        for (row, to) in self.keys.chunks_exact_mut(columns).enumerate() {
            let (up, rest) = self.triples[row * columns..].split_at(columns);
            let (here, down) = rest.split_at(columns);
            for (c, to) in to.iter_mut().enumerate() {
                *to = up[c] + ROW * (here[c] + ROW * down[c]);
            }
        }
    }
}

#[inline(always)]
pub fn colours(mut key: u32) -> [u8; SLOTS] {
    let mut colours = [0; SLOTS];
    for colour in &mut colours {
        *colour = (key % COLOURS as u32) as u8;
        key /= COLOURS as u32;
    }
    colours
}

/// Numbers for keys, in the order in which they are met: a table with open addressing of (key + 1, number).
pub struct Ids {
    slots: Vec<(u32, u32)>,
    pub keys: Vec<u32>,
}

impl Ids {
    pub fn new() -> Self {
        Self { slots: vec![(0, 0); 1024], keys: Vec::new() }
    }

    pub fn clear(&mut self) {
        self.slots.fill((0, 0));
        self.keys.clear();
    }

    /// The number of a key, which may be new.
    #[inline(always)]
    pub fn id(&mut self, key: u32) -> u32 {
        let at = self.place(key);
        if self.slots[at].0 == key + 1 {
            return self.slots[at].1;
        }
        let id = self.keys.len() as u32;
        self.slots[at] = (key + 1, id);
        self.keys.push(key);
        if self.keys.len() * 2 > self.slots.len() {
            self.grow();
        }
        id
    }

    /// Where a key is, or belongs.
    #[inline(always)]
    fn place(&self, key: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (key.wrapping_mul(0x9E37_79B1) >> 8) as usize & mask;
        while self.slots[at].0 != 0 && self.slots[at].0 != key + 1 {
            at = (at + 1) & mask;
        }
        at
    }

    #[cold]
    fn grow(&mut self) {
        self.slots = vec![(0, 0); 2 * self.slots.len()];
        for id in 0..self.keys.len() {
            let at = self.place(self.keys[id]);
            self.slots[at] = (self.keys[id] + 1, id as u32);
        }
    }
}

/// What is kept of each window beside the thresholds of its draws.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: for playing.
    Draws,
    /// The likeliest colours too: for playing greedily.
    Likeliest,
    /// Log-probabilities and what the critic takes: for learning.
    All,
}

/// Windows that f has been evaluated at, under one rule.
pub struct Known<L: Lanes> {
    pub ids: Ids,
    keep: Keep,
    pub cuts: Vec<L::Real>,
    pub likeliest: Vec<[u8; SLOTS]>,
    pub log_p: Vec<L::Real>,
    pub projected: Vec<L::Real>,
    evaluated: usize,
    room: Box<Room<L::Windows>>,
}

impl<L: Lanes> Known<L> {
    pub fn new(net: &Net<L>, keep: Keep) -> Self {
        Self {
            ids: Ids::new(),
            keep,
            cuts: Vec::new(),
            likeliest: Vec::new(),
            log_p: Vec::new(),
            projected: Vec::new(),
            evaluated: 0,
            room: Box::new(Room::new(net)),
        }
    }

    /// Bytes of a table of so many windows.
    pub fn bytes(keep: Keep, windows: usize) -> usize {
        let reals = CUTS + if keep == Keep::All { LOG_P + PROJECTED } else { 0 };
        // Beside them the key, and up to four places of the table of numbers.
        windows * (reals * size_of::<L::Real>() + SLOTS + size_of::<u32>() + 4 * size_of::<(u32, u32)>())
    }

    /// Forgets all, and is ready for another rule.
    pub fn clear(&mut self, keep: Keep) {
        self.ids.clear();
        self.keep = keep;
        self.evaluated = 0;
    }

    /// Numbers windows, and evaluates f at those that are new; unless `once`, every one is new.
    #[inline(always)]
    pub fn look_up(&mut self, net: &Net<L>, keys: &[u32], once: bool, ids: &mut [u32]) {
        if once {
            let mut last = (u32::MAX, 0);
            for (id, &key) in ids.iter_mut().zip(keys) {
                if key != last.0 {
                    last = (key, self.ids.id(key));
                }
                *id = last.1;
            }
        } else {
            self.clear(self.keep);
            for (id, &key) in ids.iter_mut().zip(keys) {
                *id = self.ids.keys.len() as u32;
                self.ids.keys.push(key);
            }
        }
        self.evaluate(net);
    }

    #[inline(always)]
    fn evaluate(&mut self, net: &Net<L>) {
        let (count, room, zero) = (self.ids.keys.len(), &mut *self.room, L::Real::default());
        self.cuts.resize(count * CUTS, zero);
        match self.keep {
            Keep::Draws => {}
            Keep::Likeliest => self.likeliest.resize(count, [0; SLOTS]),
            Keep::All => {
                self.log_p.resize(count * LOG_P, zero);
                self.projected.resize(count * PROJECTED, zero);
            }
        }
        while self.evaluated < count {
            let first = self.evaluated;
            let keys = &self.ids.keys;
            let mut windows = [[0; SLOTS]; MOST];
            for (l, window) in windows.iter_mut().enumerate() {
                *window = colours(keys[(first + l).min(count - 1)]);
            }
            forward(net, &windows, room);
            let lanes = L::Windows::N.min(count - first);
            to_rows(&cuts(room), &mut self.cuts[first * CUTS..], lanes);
            match self.keep {
                Keep::Draws => {}
                Keep::Likeliest => {
                    for (l, to) in self.likeliest[first..first + lanes].iter_mut().enumerate() {
                        *to = likeliest(room, l);
                    }
                }
                Keep::All => {
                    put_log_p(room, &mut self.log_p[first * LOG_P..], lanes);
                    to_rows(&room.projected, &mut self.projected[first * PROJECTED..], lanes);
                }
            }
            self.evaluated = first + lanes;
        }
    }
}

/// The thresholds of a block's draws: a slot's colour is how many of its nine are not above the number drawn.
#[inline(always)]
fn cuts<W: Vector>(room: &Room<W>) -> [W; CUTS] {
    let mut cuts = [W::of(2.0); CUTS];
    for k in 0..SLOTS {
        let mut below = W::default();
        for c in 0..COLOURS - 1 {
            below += room.p[c][k];
            cuts[if k < LANES { LANES * c + k } else { LANES * (COLOURS - 1) + c }] = below;
        }
    }
    cuts
}

/// The likeliest colour of each slot of the window in lane `l`; of equals the first.
pub fn likeliest<W: Vector>(room: &Room<W>, l: usize) -> [u8; SLOTS] {
    std::array::from_fn(|k| {
        let mut best = 0;
        for c in 1..COLOURS {
            if room.logits[c][k].at(l) > room.logits[best][k].at(l) {
                best = c;
            }
        }
        best as u8
    })
}

/// Columns to the first `lanes` rows.
#[inline(always)]
pub fn to_rows<W: Vector, const N: usize>(columns: &[W; N], to: &mut [W::Real], lanes: usize) {
    for i in (0..N).step_by(LANES) {
        let columns = eight(
            #[inline(always)]
            |j| columns[i + j],
        );
        W::rows(
            columns,
            #[inline(always)]
            |l, row| {
                if l < lanes {
                    row.store(&mut to[l * N + i..]);
                }
            },
        );
    }
}

/// A block's log-probabilities, by pair.
#[inline(always)]
pub fn put_log_p<W: Vector>(room: &Room<W>, to: &mut [W::Real], lanes: usize) {
    let mut columns = [W::default(); LOG_P];
    for k in 0..SLOTS {
        for c in 0..COLOURS {
            columns[COLOURS * k + c] = room.log_p[c][k];
        }
    }
    to_rows(&columns, to, lanes);
}

const _: () = assert!(PAIRS <= LOG_P && (LANES + 1) * (COLOURS - 1) <= CUTS);

/// The grid's cells as a state.
pub fn grid(windows: &Windows, cells: &[u8]) -> Grid {
    Grid { height: windows.height, width: windows.width, cells: cells.to_vec() }
}
