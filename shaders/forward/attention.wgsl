// softmax(q k^T / sqrt(HEAD_DIM)) v over a window's nine tokens, one head an invocation.
struct Args {
    tile: u32,
    qkv: u32,
    att: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read_write> activations: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> row_key: array<u32>;
@group(0) @binding(4) var<EMBEDDED_SPACE> embedded: array<vec4<f32>, EMBEDDED>; // (9, 10, 4 D4): q, k, v, x

// Features of q, k and v: layer 0's are a table.
fn qkv_of(k: u32, s: u32, colour: u32, f: u32) -> vec4<f32> {
    if FIRST {
        return embedded[embedded_at(k, colour, f)];
    }
    return activations[place(args.qkv, 3u * D4, row_of(k, s), f)];
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let work = work_of(id.x, HEADS, counts[0], args.tile);
    let s = work.s;
    let key = row_key[counts[4] + args.tile * TILE + s];
    let q_at = work.part * HD4;
    let k_at = q_at + D4;
    let v_at = k_at + D4;
    var k: array<array<vec4<f32>, HD4>, 9>;
    var v: array<array<vec4<f32>, HD4>, 9>;
    var digits = key;
    for (var j = 0u; j < 9u; j++) { // unrolled
        for (var f = 0u; f < HD4; f++) { // unrolled
            k[j][f] = qkv_of(j, s, digits % 10u, k_at + f);
            v[j][f] = qkv_of(j, s, digits % 10u, v_at + f);
        }
        digits /= 10u;
    }
    digits = key;
    let scale = inverseSqrt(f32(HEAD_DIM));
    for (var i = 0u; i < 9u; i++) {
        let row = row_of(i, s);
        var q: array<vec4<f32>, HD4>;
        for (var f = 0u; f < HD4; f++) { // unrolled
            q[f] = qkv_of(i, s, digits % 10u, q_at + f) * scale;
        }
        var score: array<f32, 9>;
        var top = -1e30;
        for (var j = 0u; j < 9u; j++) { // unrolled
            var dotted = vec4(0.0);
            for (var f = 0u; f < HD4; f++) { // unrolled
                dotted = fma(q[f], k[j][f], dotted);
            }
            score[j] = dotted.x + dotted.y + dotted.z + dotted.w;
            top = max(top, score[j]);
        }
        var sum = 0.0;
        for (var j = 0u; j < 9u; j++) { // unrolled
            score[j] = exp(score[j] - top);
            sum += score[j];
        }
        var out = array<vec4<f32>, HD4>(); // naga zeroes a bare `var` only once, not each time around the loop
        for (var j = 0u; j < 9u; j++) { // unrolled
            for (var f = 0u; f < HD4; f++) { // unrolled
                out[f] = fma(vec4(score[j]), v[j][f], out[f]);
            }
        }
        for (var f = 0u; f < HD4; f++) { // unrolled
            activations[place(args.att, D4, row, q_at + f)] = out[f] / sum;
        }
        digits /= 10u;
    }
}
