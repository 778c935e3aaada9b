//! Agents sorted by slot, of which two have many.

use primordia::engine::wgsl::shape::{PART, PART_WIDTH};

pub struct Lists {
    pub row_of_agent: Vec<u32>,
    /// Agents by slot, and in their order.
    pub list: Vec<u32>,
    /// Where each slot's begin in it, and the end.
    pub starts: Vec<u32>,
}

impl Lists {
    /// `n` agents in `slots` slots: every slot has two, and two next to each other have the rest, by turns.
    pub fn new(n: usize, slots: usize) -> Self {
        let slot = |a| if a < 2 * slots { a + a / slots * 3 } else { slots / 2 + a % 2 };
        let row_of_agent: Vec<u32> = (0..n).map(|a| (slot(a) % slots) as u32).collect();
        let mut list: Vec<u32> = (0..n as u32).collect();
        list.sort_by_key(|&a| (row_of_agent[a as usize], a));
        let starts = (0..=slots as u32).map(|slot| row_of_agent.iter().filter(|&&s| s < slot).count() as u32).collect();
        Self { row_of_agent, list, starts }
    }

    pub fn of(&self, slot: usize) -> &[u32] {
        &self.list[self.starts[slot] as usize..self.starts[slot + 1] as usize]
    }

    /// The buffer `part_sums`: for each part beyond a slot's first, what `sums` gives for its agents; NaN where there is none.
    pub fn parts(&self, sums: impl Fn(&[u32]) -> Vec<f64>) -> Vec<f64> {
        const WIDTH: usize = 4 * PART_WIDTH;
        let mut parts = vec![f64::NAN; self.list.len().div_ceil(PART) * WIDTH];
        for slot in 0..self.starts.len() - 1 {
            for (i, agents) in self.of(slot).chunks(PART).enumerate().skip(1) {
                let row = (self.starts[slot] as usize + i * PART) / PART;
                parts[row * WIDTH..][..WIDTH].copy_from_slice(&sums(agents));
            }
        }
        parts
    }
}
