// Where blocks can be. On a bounded grid a block and its target lie inside; its corner is numbered like a cell all the same.

const OUTSIDE = 0xffffffffu;

fn is_block(row: u32, column: u32) -> bool {
    return hyper.torus == 1u || (row + 1u < hyper.height && column + 1u < hyper.width);
}

fn block_count() -> u32 {
    return select((hyper.height - 1u) * (hyper.width - 1u), hyper.cells, hyper.torus == 1u);
}

// Direction d of `hyper.directions`, as (row, column) in -1..1, row-major.
fn direction(d: u32) -> vec2<i32> {
    let k = select(d + select(0u, 1u, d >= 4u), 2u * d + 1u, hyper.directions == 4u);
    return vec2(i32(k / 3u) - 1, i32(k % 3u) - 1);
}

// (row, column) + step as (row, column) packed 16 | 16; OUTSIDE on a bounded grid's outside.
fn shifted(row: u32, column: u32, step: vec2<i32>) -> u32 {
    var r = i32(row) + step.x;
    var c = i32(column) + step.y;
    let h = i32(hyper.height);
    let w = i32(hyper.width);
    if hyper.torus == 1u {
        r = select(select(r, r - h, r >= h), r + h, r < 0);
        c = select(select(c, c - w, c >= w), c + w, c < 0);
    } else if r < 0 || c < 0 || r >= h || c >= w {
        return OUTSIDE;
    }
    return (u32(r) << 16u) | u32(c);
}
