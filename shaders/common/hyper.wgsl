// What every kernel knows of the run: the shape of the worlds and the hyperparameters in force.
// Mirrored by `train::hyper::Hyper`.
struct Hyper {
    height: u32,
    width: u32,
    rows: u32,      // of windows
    columns: u32,   // of windows
    origin: u32,    // row and column of window 0's centre
    torus: u32,     // 1: the edges meet
    cells: u32,     // height * width
    windows: u32,   // rows * columns
    worlds: u32,
    steps: u32,     // T
    seed: u32,
    directions: u32, // 4 or 8
    credit_radius: u32,
    credit_global: u32, // 1: every agent gets its grid's mean
    copy_bias: f32,
    temperature: f32,
    aggregator_temperature: f32,
    gamma: f32,
    gae_lambda: f32,
    clip: f32,
    learning_rate: f32,
    adam_eps: f32,
    entropy_coef: f32,
    value_coef: f32,
    max_grad_norm: f32,
    target_kl: f32,
    padding_0: u32,
    padding_1: u32,
    weights_0: vec4<f32>, // shift, surprise, move, relative
    weights_1: vec4<f32>, // lift, flow, soft_move, target
}

@group(0) @binding(0) var<uniform> hyper: Hyper;

// The invocation's number in a dispatch of one or two dimensions of 64-wide groups.
fn flat_id(group: vec3<u32>, groups: vec3<u32>, lane: u32) -> u32 {
    return (group.y * groups.x + group.x) * 64u + lane;
}

// i div n and i modulo n, for i below 2^31 and quotients below 2^21: division is slow on a software device, which takes
// lane by lane what it has no instruction for.
struct Divided {
    quotient: u32,
    remainder: u32,
}

fn divided(i: u32, n: u32) -> Divided {
    // At most one too large or too small.
    let quotient = u32(f32(i32(i)) / f32(i32(n)));
    let rest = bitcast<i32>(i - quotient * n);
    let off = select(select(0, 1, rest >= i32(n)), -1, rest < 0);
    return Divided(bitcast<u32>(i32(quotient) + off), bitcast<u32>(rest - off * i32(n)));
}

// Cell q of grids in a row: which grid, and where on it.
struct Cell {
    grid: u32,
    at: u32,
    row: u32,
    column: u32,
}

fn cell_of(q: u32) -> Cell {
    let in_grid = divided(q, hyper.cells);
    let in_row = divided(in_grid.remainder, hyper.width);
    return Cell(in_grid.quotient, in_grid.remainder, in_row.quotient, in_row.remainder);
}

// i modulo n, for i below 2 n.
fn wrapped(i: u32, n: u32) -> u32 {
    return select(i, i - n, i >= n);
}

// i + d - 1 modulo n, for d in 0..2.
fn beside(i: u32, d: u32, n: u32) -> u32 {
    let next = i + d;
    return select(select(next - 1u, next - 1u - n, next > n), n - 1u, next == 0u);
}
