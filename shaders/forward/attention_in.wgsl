// q, k, v = norm(x) W + b.
#import norm, tile, weights

struct Args { tile: u32, x: u32, qkv: u32 }

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_qkv: array<vec4<f32>, QKV_WEIGHTS>; // (D + 1, 3 D4): the last token is the bias
@group(0) @binding(3) var<storage, read_write> activations: array<vec4<f32>>;

fn every(id: vec3<u32>) {
    let work = work_of(id.x, SLOTS / TOKENS, counts[FOUND], args.tile);
    let token = token_of(TOKENS * work.unit, work.row);
    var n: array<Token, TOKENS>;
    for (var t = 0u; t < TOKENS; t++) { // unrolled
        for (var f = 0u; f < D4; f++) { // unrolled
            n[t][f] = activations[place(args.x, D4, token + BAND * t, f)];
        }
        n[t] = norm(n[t]).n;
    }
    for (var j = 0u; j < 3u * D4; j++) {
        var y: array<vec4<f32>, TOKENS>;
        for (var t = 0u; t < TOKENS; t++) { // unrolled
            y[t] = w_qkv[D * 3u * D4 + j];
        }
        for (var i = 0u; i < D4; i++) { // unrolled
            let w = BLOCK(w_qkv, 4u * i * 3u * D4 + j, 3u * D4);
            for (var t = 0u; t < TOKENS; t++) { // unrolled
                y[t] = times(w, n[t][i], y[t]);
            }
        }
        for (var t = 0u; t < TOKENS; t++) { // unrolled
            activations[place(args.qkv, 3u * D4, token + BAND * t, j)] = y[t];
        }
    }
}
