// mid = x + attention W + b; x' = mid + gelu(norm(mid) W + b) W + b.
#import digits, embedded, norm, tile, weights

struct Args { tile: u32, x: u32, att: u32, mid: u32, next: u32 } // x: of layer 0, none: it is in the table

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_out: array<vec4<f32>, OUT_WEIGHTS>;       // (D + 1, D4)
@group(0) @binding(3) var<MLP_IN_SPACE> w_mlp_in: array<vec4<f32>, MLP_IN_WEIGHTS>;   // (D + 1, M4)
@group(0) @binding(4) var<MLP_OUT_SPACE> w_mlp_out: array<vec4<f32>, MLP_OUT_WEIGHTS>; // (M + 1, D4)
@group(0) @binding(5) var<storage, read_write> activations: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> row_key: array<u32>;
@group(0) @binding(7) var<EMBEDDED_SPACE> embedded: array<vec4<f32>, EMBEDDED>; // (9, 10, 4 D4): q, k, v, x

fn every(id: vec3<u32>) {
    let work = work_of(id.x, SLOTS / TOKENS, counts[FOUND], args.tile);
    let token = token_of(TOKENS * work.unit, work.row);
    var digits = digits_from(row_key[counts[KNOWN_BEFORE] + args.tile * TILE + work.row], TOKENS * work.unit);
    var mid: array<Token, TOKENS>;
    for (var t = 0u; t < TOKENS; t++) { // unrolled
        for (var j = 0u; j < D4; j++) { // unrolled
            if FIRST {
                mid[t][j] = embedded[embedded_at(TOKENS * work.unit + t, digits % COLOURS, 3u * D4 + j)];
            } else {
                mid[t][j] = activations[place(args.x, D4, token + BAND * t, j)];
            }
            mid[t][j] += w_out[D * D4 + j];
        }
        digits /= COLOURS;
    }
    for (var i = 0u; i < D4; i++) {
        var a: array<vec4<f32>, TOKENS>;
        for (var t = 0u; t < TOKENS; t++) { // unrolled
            a[t] = activations[place(args.att, D4, token + BAND * t, i)];
        }
        for (var j = 0u; j < D4; j++) { // unrolled
            let w = BLOCK(w_out, 4u * i * D4 + j, D4);
            for (var t = 0u; t < TOKENS; t++) { // unrolled
                mid[t][j] = times(w, a[t], mid[t][j]);
            }
        }
    }
    var n: array<Token, TOKENS>;
    var next: array<Token, TOKENS>;
    for (var t = 0u; t < TOKENS; t++) { // unrolled
        n[t] = norm(mid[t]).n;
        for (var j = 0u; j < D4; j++) { // unrolled
            activations[place(args.mid, D4, token + BAND * t, j)] = mid[t][j];
            next[t][j] = mid[t][j] + w_mlp_out[M * D4 + j];
        }
    }
    for (var m = 0u; m < M4; m++) {
        var h: array<vec4<f32>, TOKENS>;
        for (var t = 0u; t < TOKENS; t++) { // unrolled
            h[t] = w_mlp_in[D * M4 + m];
        }
        for (var i = 0u; i < D4; i++) { // unrolled
            let w = BLOCK(w_mlp_in, 4u * i * M4 + m, M4);
            for (var t = 0u; t < TOKENS; t++) { // unrolled
                h[t] = times(w, n[t][i], h[t]);
            }
        }
        for (var t = 0u; t < TOKENS; t++) { // unrolled
            h[t] = gelu(h[t]);
        }
        for (var j = 0u; j < D4; j++) { // unrolled
            let w = BLOCK(w_mlp_out, 4u * m * D4 + j, D4);
            for (var t = 0u; t < TOKENS; t++) { // unrolled
                next[t][j] = times(w, h[t], next[t][j]);
            }
        }
    }
    for (var t = 0u; t < TOKENS; t++) { // unrolled
        for (var j = 0u; j < D4; j++) { // unrolled
            activations[place(args.next, D4, token + BAND * t, j)] = next[t][j];
        }
    }
}
