// Means over the 3x3 windows at a distance around a window, of those that exist.

// The agent at (row, column) + distance * (k div 3 - 1, k mod 3 - 1) of the same grid; NOWHERE on a bounded grid's outside.
const NOWHERE = 0xffffffffu;

fn agent_beside(agent: u32, k: u32, distance: u32) -> u32 {
    let window = agent % hyper.windows;
    let row = window / hyper.columns;
    // Below 0 it wraps to a large number, which is outside too.
    var r = row + (k / 3u) * distance - distance;
    var c = window - row * hyper.columns + (k % 3u) * distance - distance;
    if hyper.torus == 1u {
        r = wrapped(r + select(0u, hyper.rows, r > LARGE), hyper.rows);
        c = wrapped(c + select(0u, hyper.columns, c > LARGE), hyper.columns);
    } else if r >= hyper.rows || c >= hyper.columns {
        return NOWHERE;
    }
    return agent - window + r * hyper.columns + c;
}

const LARGE = 0x7fffffffu;

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
