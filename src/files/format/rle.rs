//! Golly's run-length encoded patterns: state n is colour n.
//!
//! Comments begin with `#`. The header `x = W, y = H, rule = …` may lack its rule, or be missing; a pattern that is
//! larger than its header says grows, as it does in Golly. Two states: `b` and `o`; more: `.` for 0 and `A`, `B`, … from
//! 1, beyond `X` with a prefix `p` to `y`. Lines may end as on any system, and anywhere between two characters.
//!
//! The crates for it know no limits, no missing header and no growth.

use std::path::Path;

use super::{Wanted, bytes};
use crate::files::{FileError, size_problem};
use crate::spec::COLOURS;
use crate::spec::grid::Grid;

/// Golly refuses a pattern whose rule it does not know. Of its own rules with ten states this is the plainest:
/// Brian's Brain, in which every state above 1 fades away.
const RULE: &str = "/2/10";
/// The longest line that the format's readers must take.
const LINE: usize = 70;

/// The state of a file.
pub(super) fn read(path: &Path, wanted: Wanted) -> Result<Vec<Grid>, FileError> {
    let grid = decode(&String::from_utf8_lossy(&bytes(path)?), wanted.two_states);
    grid.map(|grid| vec![grid]).map_err(|problem| FileError::content(path, problem))
}

/// The state that a pattern is, or what is wrong with its text; a pattern in `b` and `o` alone becomes the colours
/// `dead` and `alive`.
pub(in crate::files) fn decode(text: &str, (dead, alive): (u8, u8)) -> Result<Grid, String> {
    let too_large = |height: u64, width: u64| size_problem(height.max(1), width.max(1)).map_or(Ok(()), Err);
    let lines = text.trim_start_matches('\u{FEFF}').split(['\r', '\n']).map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    let (mut width, mut height) = (0, 0);
    if let Some(header) = lines.next_if(|line| is_header(line)) {
        (width, height) = size_from_header(header)
            .ok_or_else(|| format!("has the header `{}`, which is not `x = 3, y = 3`", clipped(header)))?;
        if width == 0 || height == 0 {
            return Err(format!("is {height}×{width} cells large; a pattern has at least one"));
        }
        too_large(height, width)?;
    }

    // (row, first column, cells, colour) of each run that is not colour 0.
    let mut runs: Vec<(u64, u64, u64, u8)> = Vec::new();
    let (mut row, mut column, mut count, mut prefix) = (0u64, 0u64, None::<u64>, None::<char>);
    let (mut two_states, mut ended) = (None, false);
    for c in lines.flat_map(str::chars).filter(|c| !c.is_whitespace()) {
        if let Some(digit) = c.to_digit(10) {
            count = Some(count.unwrap_or(0).saturating_mul(10).saturating_add(u64::from(digit)));
            continue;
        }
        let state = match (prefix, c) {
            (None, '!') => {
                ended = true;
                break;
            }
            (None, '$') => {
                row = row.saturating_add(count.take().unwrap_or(1));
                column = 0;
                continue;
            }
            (None, 'p'..='y') => {
                prefix = Some(c);
                continue;
            }
            (None, 'b' | '.') => 0,
            (None, 'o') => 1,
            (_, 'A'..='X') => {
                1 + c as usize - 'A' as usize + prefix.map_or(0, |p| 24 * (1 + p as usize - 'p' as usize))
            }
            _ => return Err(format!("holds `{}`, which is no cell of a pattern", c.escape_default())),
        };
        if state >= COLOURS {
            let name: String = prefix.into_iter().chain([c]).collect();
            return Err(format!("has a cell in state {state} (`{name}`); states 0 to 9 are the ten colours"));
        }
        prefix = None;
        two_states = Some(two_states.unwrap_or(true) && matches!(c, 'b' | 'o'));
        let cells = count.take().unwrap_or(1);
        if state > 0 && cells > 0 {
            too_large(row.saturating_add(1), column.saturating_add(cells))?;
            (height, width) = (height.max(row + 1), width.max(column + cells));
            runs.push((row, column, cells, state as u8));
        }
        column = column.saturating_add(cells);
    }
    if !ended {
        return Err("is cut short: a pattern ends with `!`".to_owned());
    }
    if width == 0 || height == 0 {
        return Err("holds no cell".to_owned());
    }
    let two_states = two_states.unwrap_or(false);
    let mut grid = Grid::filled(height as usize, width as usize, if two_states { dead } else { 0 });
    for (row, column, cells, colour) in runs {
        let first = row as usize * grid.width + column as usize;
        grid.cells[first..first + cells as usize].fill(if two_states { alive } else { colour });
    }
    Ok(grid)
}

/// Golly's Extended RLE of a state.
pub(in crate::files) fn encode(grid: &Grid) -> String {
    let mut text = format!("x = {}, y = {}, rule = {RULE}\n", grid.width, grid.height);
    let mut line = 0;
    let mut put = |count: usize, symbol: char| {
        let run = if count == 1 { symbol.to_string() } else { format!("{count}{symbol}") };
        if line + run.len() > LINE {
            text.push('\n');
            line = 0;
        }
        line += run.len();
        text += &run;
    };
    // Ends of rows wait until there is something after them: what follows the last cell is left out.
    let mut ends = 0;
    for row in grid.cells.chunks_exact(grid.width) {
        if let Some(last) = row.iter().rposition(|&colour| colour > 0) {
            if ends > 0 {
                put(ends, '$');
                ends = 0;
            }
            for run in row[..=last].chunk_by(|a, b| a == b) {
                put(run.len(), if run[0] == 0 { '.' } else { char::from(b'A' + run[0] - 1) });
            }
        }
        ends += 1;
    }
    put(1, '!');
    text.push('\n');
    text
}

/// Whether a line gives the size; `x` also begins the states from 217 on.
fn is_header(line: &str) -> bool {
    line.strip_prefix(['x', 'X']).is_some_and(|rest| rest.trim_start().starts_with('='))
}

/// (x, y) of a header line.
fn size_from_header(line: &str) -> Option<(u64, u64)> {
    let mut fields = line.split(',').map(|field| field.split_once('=').map(|(key, value)| (key.trim(), value.trim())));
    let mut side = |name| {
        fields.next()?.filter(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.parse().ok())
    };
    Some((side("x")?, side("y")?))
}

fn clipped(line: &str) -> String {
    line.chars().take(40).flat_map(char::escape_default).collect()
}
