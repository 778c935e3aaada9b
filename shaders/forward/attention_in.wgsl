// q, k, v = norm(x) W + b.
#import norm, tile, weights

struct Args { tile: u32, x: u32, qkv: u32 }

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_qkv: array<vec4<f32>, QKV_WEIGHTS>; // (D + 1, 3 D4): the last row is the bias
@group(0) @binding(3) var<storage, read_write> activations: array<vec4<f32>>;

fn every(id: vec3<u32>) {
    let work = work_of(id.x, SLOTS, counts[FOUND], args.tile);
    let token = token_of(work.unit, work.row);
    var x: Token;
    for (var f = 0u; f < D4; f++) { // unrolled
        x[f] = activations[place(args.x, D4, token, f)];
    }
    let n = norm(x).n;
    for (var j = 0u; j < 3u * D4; j++) {
        var y = w_qkv[D * 3u * D4 + j];
        for (var i = 0u; i < D4; i++) { // unrolled
            let at = 12u * D4 * i + j;
            y = times(mat4x4(w_qkv[at], w_qkv[at + 3u * D4], w_qkv[at + 6u * D4], w_qkv[at + 9u * D4]), n[i], y);
        }
        activations[place(args.qkv, 3u * D4, token, j)] = y;
    }
}
