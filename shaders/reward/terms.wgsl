// Every reward term at every block (SYSTEM.md's formulas; `spec::reward` is the same in f64), and their weighted sum.
struct Args {
    n: u32, // cells
    grid: u32,
    next_grid: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read> matches: array<u32>;              // (cells)
@group(0) @binding(3) var<storage, read> headings: array<u32>;             // (worlds, 8)
@group(0) @binding(4) var<storage, read> histogram: array<u32>;            // (worlds, 2, 10000)
@group(0) @binding(5) var<storage, read> target_picture: array<u32>;       // (cells)
@group(0) @binding(6) var<storage, read_write> terms: array<vec4<f32>>;    // (cells, 2): as in hyper.weights
@group(0) @binding(7) var<storage, read_write> rewards: array<vec2<f32>>;  // (cells): weighted block terms, pixel terms

fn cell(grid: u32, packed: u32) -> u32 {
    return states[grid * hyper.cells + (packed >> 16u) * hyper.width + (packed & 0xffffu)];
}

// Whether at most 75 % of the pixels around the block shift along with every direction that it matches.
fn stands_out(grid: u32, next_grid: u32, row: u32, column: u32, bits: u32) -> bool {
    for (var d = 0u; d < hyper.directions; d++) {
        if (bits & (1u << d)) == 0u {
            continue;
        }
        let step = direction(d);
        var around = 0u;
        var along = 0u;
        for (var i = 0u; i < 16u; i++) {
            let dr = i32(i / 4u) - 1;
            let dc = i32(i % 4u) - 1;
            if (dr == 0 || dr == 1) && (dc == 0 || dc == 1) {
                continue;
            }
            let from_cell = shifted(row, column, vec2(dr, dc));
            let to_cell = shifted(row, column, vec2(dr, dc) + step);
            if from_cell != OUTSIDE && to_cell != OUTSIDE {
                around += 1u;
                along += select(0u, 1u, cell(grid, from_cell) == cell(next_grid, to_cell));
            }
        }
        if 4u * along > 3u * around {
            return false;
        }
    }
    return true;
}

// max over d of (the fraction of the block's cells y with S'(y + d) = S(y), S(y + d) != S(y), S'(y) != S(y)) squared.
fn soft_move(grid: u32, next_grid: u32, row: u32, column: u32) -> f32 {
    var most = 0u;
    for (var d = 0u; d < hyper.directions; d++) {
        let step = direction(d);
        let to = shifted(row, column, step);
        if to == OUTSIDE || !is_block(to >> 16u, to & 0xffffu) {
            continue;
        }
        var moved = 0u;
        for (var i = 0u; i < 4u; i++) {
            let here = vec2(i32(i / 2u), i32(i % 2u));
            let y = shifted(row, column, here);
            let z = shifted(row, column, here + step);
            let colour = cell(grid, y);
            if cell(next_grid, z) == colour && cell(grid, z) != colour && cell(next_grid, y) != colour {
                moved += 1u;
            }
        }
        most = max(most, moved);
    }
    let fraction = f32(most) / 4.0;
    return fraction * fraction;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let q = flat_id(group, groups, lane);
    if q >= args.n {
        return;
    }
    let world = q / hyper.cells;
    let grid = args.grid + world;
    let next_grid = args.next_grid + world;
    let row = q % hyper.cells / hyper.width;
    let column = q % hyper.cells % hyper.width;
    var first = vec4(0.0);
    var second = vec4(0.0);
    if is_block(row, column) {
        let code = code_at(grid, row, column);
        let bits = matches[q];
        let n = f32(block_count());
        let many = f32(hyper.directions);
        if (bits & 255u) != 0u {
            first.x = 1.0;
            let frequency = f32(histogram[world * 20000u + code]) / n;
            first.y = -log(frequency) / log(n);
        }
        if !of_one_colour(code) {
            second.z = soft_move(grid, next_grid, row, column);
            if code_at(next_grid, row, column) != code {
                let p = min(f32(histogram[world * 20000u + 10000u + code]) / max(n - 1.0, 1.0), 1.0);
                if bits >= 256u {
                    first.z = 1.0;
                    first.w = select(0.0, 1.0, stands_out(grid, next_grid, row, column, bits));
                }
                second.x = first.z - (1.0 - pow(1.0 - p, many));
                second.y = -many * p * pow(1.0 - p, many - 1.0);
                if countOneBits(bits & 255u) == 1u && bits >= 256u {
                    var all = 0u;
                    for (var d = 0u; d < 8u; d++) {
                        all += headings[world * 8u + d];
                    }
                    let share = f32(headings[world * 8u + firstTrailingBit(bits & 255u)]) / f32(all);
                    second.y += 1.0 - max(0.0, (share - 1.0 / many) * many / (many - 1.0));
                }
            }
        }
    }
    if states[next_grid * hyper.cells + q % hyper.cells] == target_picture[q % hyper.cells] {
        second.w = 1.0;
    }
    terms[2u * q] = first;
    terms[2u * q + 1u] = second;
    rewards[q] = vec2(
        dot(hyper.weights_0, first) + dot(hyper.weights_1.xyz, second.xyz),
        hyper.weights_1.w * second.w,
    );
}
