// logits = (norm(x) W + b + copy bias) / temperature, for one token.
// The two lanes past the tenth colour hold the logits' log-sum-exp and the entropy of their softmax.
// Where there will be draws from them (DRAWS), also what those take.
#import digits, norm, softmax, tile, weights

struct Args { tile: u32, x: u32 }

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> row_key: array<u32>;
@group(0) @binding(3) var<uniform> w_head: array<vec4<f32>, HEAD_WEIGHTS>; // (D + 1, 3)
@group(0) @binding(4) var<storage, read> activations: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> logits: array<vec4<f32>>;   // (rows, SLOTS, COLOURS4)
@group(0) @binding(6) var<storage, read_write> draws: array<u32>;          // (rows, SLOTS, DRAW_WORDS)

fn every(id: vec3<u32>) {
    let work = work_of(id.x, SLOTS, counts[FOUND], args.tile);
    let row = counts[KNOWN_BEFORE] + args.tile * TILE + work.row;
    var x: Token;
    for (var f = 0u; f < D4; f++) { // unrolled
        x[f] = activations[place(args.x, D4, token_of(work.unit, work.row), f)];
    }
    let n = norm(x).n;
    let colour = colour_of(row_key[row], work.unit);
    var y: array<vec4<f32>, COLOURS4>;
    for (var j = 0u; j < COLOURS4; j++) { // unrolled
        y[j] = w_head[D * COLOURS4 + j] + hyper.copy_bias * one_hot(colour, 4u * j);
        for (var i = 0u; i < D4; i++) { // unrolled
            let at = PADDED * i + j;
            let w = mat4x4(w_head[at], w_head[at + COLOURS4], w_head[at + 2u * COLOURS4], w_head[at + 3u * COLOURS4]);
            y[j] = times(w, n[i], y[j]);
        }
    }
    let a = y[0] / hyper.temperature;
    let b = y[1] / hyper.temperature;
    let c = y[2].xy / hyper.temperature;
    let lse = log_sum_exp(a, b, c);
    let la = a - lse;
    let lb = b - lse;
    let lc = c - lse;
    let entropy = -(dot(exp(la), la) + dot(exp(lb), lb) + dot(exp(lc), lc));
    let token = row * SLOTS + work.unit;
    logits[COLOURS4 * token] = a;
    logits[COLOURS4 * token + 1u] = b;
    logits[COLOURS4 * token + 2u] = vec4(c, lse, entropy);
    if DRAWS {
        keep_draws(DRAW_WORDS * token, a, b, c, lse);
    }
}

// The words of a token's draws.
fn keep_draws(at: u32, a: vec4<f32>, b: vec4<f32>, c: vec2<f32>, lse: f32) {
    let z = array<f32, COLOURS>(a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w, c.x, c.y);
    var likeliest = 0u;
    var top = z[0];
    var sum = 0.0;
    var bound = 0u;
    var first = 0u;
    var end = 0u;
    for (var colour = 0u; colour < COLOURS; colour++) { // unrolled
        let before = bound;
        sum += exp(z[colour] - lse);
        if colour < COLOURS - 1u {
            bound = u32(clamp(ceil(sum * 8388608.0 - 0.5), 0.0, 8388608.0));
            draws[at + 1u + colour] = bound;
        } else {
            bound = 8388608u;
        }
        let better = colour == 0u || z[colour] > top;
        likeliest = select(likeliest, colour, better);
        top = select(top, z[colour], better);
        first = select(first, before, better);
        end = select(end, bound, better);
    }
    draws[at] = likeliest << 28u | (first + 511u) / 512u << 14u | (max(end / 512u, 1u) - 1u);
}
