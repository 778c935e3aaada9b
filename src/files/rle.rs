//! Golly's run-length encoded patterns: state n is colour n.
//!
//! Comments begin with `#`. The header `x = W, y = H, rule = …` may lack its rule, or be missing; a pattern that is
//! larger than its header says grows, as it does in Golly. Two states: `b` and `o`; more: `.` for 0 and `A`, `B`, … from
//! 1, beyond `X` with a prefix `p` to `y`.

use std::path::Path;

use super::{FileError, size_problem};
use crate::spec::COLOURS;
use crate::spec::grid::Grid;

/// The state that a pattern is.
pub(super) fn decode(text: &str, path: &Path) -> Result<Grid, FileError> {
    let wrong = |problem: String| FileError::content(path, problem);
    let too_large =
        |height: u64, width: u64| size_problem(height.max(1), width.max(1)).map_or(Ok(()), |p| Err(wrong(p)));
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    let (mut width, mut height) = (0, 0);
    if let Some(header) = lines.next_if(|line| line.starts_with('x')) {
        (width, height) = size_from_header(header)
            .ok_or_else(|| wrong(format!("has the header `{}`, which is not `x = 3, y = 3`", clipped(header))))?;
        if width == 0 || height == 0 {
            return Err(wrong(format!("is {height}×{width} cells large; a pattern has at least one")));
        }
        too_large(height, width)?;
    }

    // (row, first column, cells, colour) of each run that is not colour 0.
    let mut runs: Vec<(u64, u64, u64, u8)> = Vec::new();
    let (mut row, mut column, mut count, mut prefix) = (0u64, 0u64, None::<u64>, None::<char>);
    let mut ended = false;
    'pattern: for c in lines.flat_map(str::chars).filter(|c| !c.is_whitespace()) {
        if let Some(digit) = c.to_digit(10) {
            count = Some(count.unwrap_or(0).saturating_mul(10).saturating_add(u64::from(digit)));
            continue;
        }
        let state = match (prefix, c) {
            (None, '!') => {
                ended = true;
                break 'pattern;
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
            _ => return Err(wrong(format!("holds `{}`, which is no cell of a pattern", c.escape_default()))),
        };
        if state >= COLOURS {
            let name: String = prefix.into_iter().chain([c]).collect();
            return Err(wrong(format!("has a cell in state {state} (`{name}`); states 0 to 9 are the ten colours")));
        }
        prefix = None;
        let cells = count.take().unwrap_or(1);
        if state > 0 && cells > 0 {
            too_large(row.saturating_add(1), column.saturating_add(cells))?;
            (height, width) = (height.max(row + 1), width.max(column + cells));
            runs.push((row, column, cells, state as u8));
        }
        column = column.saturating_add(cells);
    }
    if !ended {
        return Err(wrong("is cut short: a pattern ends with `!`".to_owned()));
    }
    if width == 0 || height == 0 {
        return Err(wrong("holds no cell".to_owned()));
    }
    let mut grid = Grid::filled(height as usize, width as usize, 0);
    for (row, column, cells, colour) in runs {
        let first = row as usize * grid.width + column as usize;
        grid.cells[first..first + cells as usize].fill(colour);
    }
    Ok(grid)
}

/// (x, y) of a header line.
fn size_from_header(line: &str) -> Option<(u64, u64)> {
    let mut fields = line.split(',').map(|field| field.split_once('=').map(|(key, value)| (key.trim(), value.trim())));
    let mut side = |name| fields.next()?.filter(|(key, _)| *key == name).and_then(|(_, value)| value.parse().ok());
    Some((side("x")?, side("y")?))
}

fn clipped(line: &str) -> String {
    line.chars().take(40).flat_map(char::escape_default).collect()
}
