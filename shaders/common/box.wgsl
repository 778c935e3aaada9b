// Means over the 3x3 windows at a distance around a window, of those that exist.

// The agent at (row, column) + distance * (k div 3 - 1, k mod 3 - 1) of the same grid; NOWHERE on a bounded grid's outside.
const NOWHERE = 0xffffffffu;

fn agent_beside(agent: u32, k: u32, distance: u32) -> u32 {
    let window = agent % hyper.windows;
    var r = i32(window / hyper.columns) + (i32(k / 3u) - 1) * i32(distance);
    var c = i32(window % hyper.columns) + (i32(k % 3u) - 1) * i32(distance);
    let rows = i32(hyper.rows);
    let columns = i32(hyper.columns);
    if hyper.torus == 1u {
        r = ((r % rows) + rows) % rows;
        c = ((c % columns) + columns) % columns;
    } else if r < 0 || c < 0 || r >= rows || c >= columns {
        return NOWHERE;
    }
    return agent - window + u32(r) * hyper.columns + u32(c);
}

// How many of the nine exist.
fn count_beside(agent: u32, distance: u32) -> f32 {
    if hyper.torus == 1u {
        return 9.0;
    }
    let window = agent % hyper.windows;
    let r = window / hyper.columns;
    let c = window % hyper.columns;
    let vertical = 1u + select(0u, 1u, r >= distance) + select(0u, 1u, r + distance < hyper.rows);
    let horizontal = 1u + select(0u, 1u, c >= distance) + select(0u, 1u, c + distance < hyper.columns);
    return f32(vertical * horizontal);
}
