// Every reward term at every block (`spec::reward` is the same in f64), and their weighted sum.
#import blocks, cells, moves, positions

struct Args { grid: u32, next_grid: u32 }

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read> pixels: array<u32>;               // (cells)
@group(0) @binding(3) var<storage, read> headings: array<u32>;             // (worlds, DIRECTIONS)
@group(0) @binding(4) var<storage, read> histogram: array<u32>;            // (worlds, 2, BLOCK_CODES)
@group(0) @binding(5) var<storage, read> target_picture: array<u32>;       // (cells)
@group(0) @binding(6) var<storage, read_write> terms: array<vec4<f32>>;    // (cells, 2): as in hyper.weights
@group(0) @binding(7) var<storage, read_write> rewards: array<vec2<f32>>;  // (cells): weighted block terms, pixel terms

// Whether at most 75 % of the pixels around the block shift along with every direction that it matches.
fn stands_out(world: u32, row: u32, column: u32, matches: u32) -> bool {
    var around = vec4(0u); // a count for each direction, two to a lane
    var along = vec4(0u);
    for (var i = 0u; i < 16u; i++) {
        if (0x0660u >> i & 1u) == 1u {
            continue; // the block itself
        }
        let bits = pixel_bits(world, row, column, vec2(i32(i / 4u) - 1, i32(i % 4u) - 1));
        around += spread(bits >> 16u);
        along += spread(bits);
    }
    for (var d = 0u; d < hyper.directions; d++) {
        if (matches >> d & 1u) == 1u && 4u * count_of(along, d) > 3u * count_of(around, d) {
            return false;
        }
    }
    return true;
}

// Eight bits as eight counts, two to a lane.
fn spread(bits: u32) -> vec4<u32> {
    return vec4(
        (bits & 1u) | ((bits & 2u) << 15u),
        (bits >> 2u & 1u) | ((bits & 8u) << 13u),
        (bits >> 4u & 1u) | ((bits & 32u) << 11u),
        (bits >> 6u & 1u) | ((bits & 128u) << 9u),
    );
}

fn count_of(counts: vec4<u32>, d: u32) -> u32 {
    return counts[d / 2u] >> (16u * (d & 1u)) & 0xffffu;
}

// max over d of (the fraction of the block's cells y with S'(y + d) = S(y), S(y + d) != S(y), S'(y) != S(y)) squared.
fn soft_move(bits: vec4<u32>) -> f32 {
    let moved = bits & ~(bits >> vec4(8u)) & select(vec4(0u), vec4(255u), (bits >> vec4(24u)) == vec4(0u));
    var most = 0u;
    for (var d = 0u; d < hyper.directions; d++) {
        if (all_of(bits) >> (16u + d) & 1u) == 1u {
            let each = moved >> vec4(d) & vec4(1u);
            most = max(most, each.x + each.y + each.z + each.w);
        }
    }
    let fraction = f32(most) / 4.0;
    return fraction * fraction;
}

fn each(q: u32) {
    let cell = cell_of(q);
    let world = cell.grid;
    let row = cell.row;
    let column = cell.column;
    let grid = args.grid + world;
    let next_grid = args.next_grid + world;
    var first = vec4(0.0);
    var second = vec4(0.0);
    if is_block(row, column) {
        let code = code_at(grid, row, column);
        let bits = block_bits(world, row, column);
        let matches = all_of(bits) & 255u;
        let moving = moves(bits, code);
        let n = f32(block_count());
        let many = f32(hyper.directions);
        if matches != 0u {
            first.x = 1.0;
            let frequency = f32(histogram[2u * world * BLOCK_CODES + code]) / n;
            first.y = -log(frequency) / log(n);
        }
        if !of_one_colour(code) {
            second.z = soft_move(bits);
            if (all_of(bits) >> 24u) == 0u {
                let p = min(f32(histogram[(2u * world + 1u) * BLOCK_CODES + code]) / max(n - 1.0, 1.0), 1.0);
                if moving != 0u {
                    first.z = 1.0;
                    first.w = select(0.0, 1.0, stands_out(world, row, column, matches));
                }
                second.x = first.z - (1.0 - pow(1.0 - p, many));
                second.y = -many * p * pow(1.0 - p, many - 1.0);
                if countOneBits(matches) == 1u && moving != 0u {
                    var all = 0u;
                    for (var d = 0u; d < DIRECTIONS; d++) {
                        all += headings[world * DIRECTIONS + d];
                    }
                    let share = f32(headings[world * DIRECTIONS + firstTrailingBit(matches)]) / f32(all);
                    second.y += 1.0 - max(0.0, (share - 1.0 / many) * many / (many - 1.0));
                }
            }
        }
    }
    if states[next_grid * hyper.cells + cell.at] == target_picture[cell.at] {
        second.w = 1.0;
    }
    terms[2u * q] = first;
    terms[2u * q + 1u] = second;
    rewards[q] = vec2(
        dot(hyper.weights_0, first) + dot(hyper.weights_1.xyz, second.xyz),
        hyper.weights_1.w * second.w,
    );
}
