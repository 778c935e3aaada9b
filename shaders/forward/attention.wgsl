// softmax(q k^T / sqrt(HEAD_DIM)) v over a window's nine tokens, one head an invocation.
#import qkv, tile

struct Args { tile: u32, qkv: u32, att: u32 }

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read_write> activations: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> row_key: array<u32>;
@group(0) @binding(4) var<storage, read> embedded: array<vec4<f32>>; // (9, 10, 4 D4): q, k, v, x

fn every(id: vec3<u32>) {
    let work = work_of(id.x, HEADS, counts[FOUND], args.tile);
    let r = work.row;
    let key = row_key[counts[KNOWN_BEFORE] + args.tile * TILE + r];
    let q_at = work.unit * HD4;
    let k_at = q_at + D4;
    let v_at = k_at + D4;
    var k: array<array<vec4<f32>, HD4>, SLOTS>;
    var v: array<array<vec4<f32>, HD4>, SLOTS>;
    var digits = key;
    for (var j = 0u; j < SLOTS; j++) { // unrolled
        for (var f = 0u; f < HD4; f++) { // unrolled
            k[j][f] = qkv_of(j, r, digits % COLOURS, k_at + f);
            v[j][f] = qkv_of(j, r, digits % COLOURS, v_at + f);
        }
        digits /= COLOURS;
    }
    digits = key;
    let scale = inverseSqrt(f32(HEAD_DIM));
    for (var i = 0u; i < SLOTS; i++) {
        let token = token_of(i, r);
        var q: array<vec4<f32>, HD4>;
        for (var f = 0u; f < HD4; f++) { // unrolled
            q[f] = qkv_of(i, r, digits % COLOURS, q_at + f) * scale;
        }
        var score: array<f32, SLOTS>;
        var top = -1e30;
        for (var j = 0u; j < SLOTS; j++) { // unrolled
            var dotted = vec4(0.0);
            for (var f = 0u; f < HD4; f++) { // unrolled
                dotted = fma(q[f], k[j][f], dotted);
            }
            score[j] = dotted.x + dotted.y + dotted.z + dotted.w;
            top = max(top, score[j]);
        }
        var sum = 0.0;
        for (var j = 0u; j < SLOTS; j++) { // unrolled
            score[j] = exp(score[j] - top);
            sum += score[j];
        }
        var out = array<vec4<f32>, HD4>(); // naga zeroes a bare `var` only once, not each time around the loop
        for (var j = 0u; j < SLOTS; j++) { // unrolled
            for (var f = 0u; f < HD4; f++) { // unrolled
                out[f] = fma(vec4(score[j]), v[j][f], out[f]);
            }
        }
        for (var f = 0u; f < HD4; f++) { // unrolled
            activations[place(args.att, D4, token, q_at + f)] = out[f] / sum;
        }
        digits /= COLOURS;
    }
}
