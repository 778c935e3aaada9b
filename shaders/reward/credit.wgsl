// The reward of every agent: its grid's mean, or the mean near it.
#import positions

struct Args { out: u32 } // of agent 0

@group(0) @binding(1) var<storage, read> rewards: array<vec2<f32>>;     // (cells)
@group(0) @binding(2) var<storage, read> world_terms: array<vec4<f32>>; // (worlds, TERM_QUADS)
@group(0) @binding(3) var<storage, read_write> advantages: array<f32>;  // (agents of the rollout), here: rewards

fn each(a: u32) {
    let world = a / hyper.windows;
    let window = a % hyper.windows;
    if hyper.credit_global == 1u {
        var reward = 0.0;
        for (var q = 0u; q < TERM_QUADS; q++) {
            reward += dot(hyper.block_weights[q] + hyper.pixel_weights[q], world_terms[TERM_QUADS * world + q]);
        }
        advantages[args.out + a] = reward;
        return;
    }
    let row = window / hyper.columns + hyper.origin;
    let column = window % hyper.columns + hyper.origin;
    let r = i32(hyper.credit_radius);
    var blocks = 0u;
    var pixels = 0u;
    var sum = vec2(0.0);
    // Blocks are numbered by their upper left cells: only pixels count one further below and to the right, if at all.
    var last = r;
    for (var q = 0u; q < TERM_QUADS; q++) {
        last = select(last, 1 + r, any(hyper.pixel_weights[q] != vec4(0.0)));
    }
    for (var dr = -1 - r; dr <= last; dr++) {
        for (var dc = -1 - r; dc <= last; dc++) {
            var y = i32(row) + dr;
            var x = i32(column) + dc;
            let h = i32(hyper.height);
            let w = i32(hyper.width);
            if hyper.torus == 1u {
                while y < 0 { y += h; }
                while y >= h { y -= h; }
                while x < 0 { x += w; }
                while x >= w { x -= w; }
            } else if y < 0 || x < 0 || y >= h || x >= w {
                continue;
            }
            let reward = rewards[world * hyper.cells + u32(y) * hyper.width + u32(x)];
            pixels += 1u;
            sum.y += reward.y;
            if dr <= r && dc <= r && is_block(u32(y), u32(x)) {
                blocks += 1u;
                sum.x += reward.x;
            }
        }
    }
    advantages[args.out + a] = sum.x / f32(max(blocks, 1u)) + sum.y / f32(max(pixels, 1u));
}
