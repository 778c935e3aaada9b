// mid = x + attention W + b; x' = mid + gelu(norm(mid) W + b) W + b.
#import digits, embedded, norm, tile, weights

struct Args { tile: u32, x: u32, att: u32, mid: u32, next: u32 } // x: of layer 0, none: it is in the table

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_out: array<vec4<f32>, OUT_WEIGHTS>;       // (D + 1, D4)
@group(0) @binding(3) var<MLP_IN_SPACE> w_mlp_in: array<vec4<f32>, MLP_IN_WEIGHTS>;   // (D + 1, M4)
@group(0) @binding(4) var<MLP_OUT_SPACE> w_mlp_out: array<vec4<f32>, MLP_OUT_WEIGHTS>; // (M + 1, D4)
@group(0) @binding(5) var<storage, read_write> activations: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> row_key: array<u32>;
@group(0) @binding(7) var<storage, read> embedded: array<vec4<f32>>; // (9, 10, 4 D4): q, k, v, x

fn every(id: vec3<u32>) {
    let work = work_of(id.x, SLOTS, counts[FOUND], args.tile);
    let token = token_of(work.unit, work.row);
    let colour = colour_of(row_key[counts[KNOWN_BEFORE] + args.tile * TILE + work.row], work.unit);
    var mid: Token;
    for (var j = 0u; j < D4; j++) { // unrolled
        if FIRST {
            mid[j] = embedded[embedded_at(work.unit, colour, 3u * D4 + j)];
        } else {
            mid[j] = activations[place(args.x, D4, token, j)];
        }
        mid[j] += w_out[D * D4 + j];
    }
    for (var i = 0u; i < D4; i++) {
        let a = activations[place(args.att, D4, token, i)];
        for (var j = 0u; j < D4; j++) { // unrolled
            let at = 4u * D4 * i + j;
            mid[j] = times(mat4x4(w_out[at], w_out[at + D4], w_out[at + 2u * D4], w_out[at + 3u * D4]), a, mid[j]);
        }
    }
    let n = norm(mid).n;
    var next: Token;
    for (var j = 0u; j < D4; j++) { // unrolled
        activations[place(args.mid, D4, token, j)] = mid[j];
        next[j] = mid[j] + w_mlp_out[M * D4 + j];
    }
    for (var m = 0u; m < M4; m++) {
        var h = w_mlp_in[D * M4 + m];
        for (var i = 0u; i < D4; i++) { // unrolled
            let at = 4u * M4 * i + m;
            h = times(mat4x4(w_mlp_in[at], w_mlp_in[at + M4], w_mlp_in[at + 2u * M4], w_mlp_in[at + 3u * M4]), n[i], h);
        }
        h = gelu(h);
        for (var j = 0u; j < D4; j++) { // unrolled
            let at = 4u * D4 * m + j;
            let w = mat4x4(w_mlp_out[at], w_mlp_out[at + D4], w_mlp_out[at + 2u * D4], w_mlp_out[at + 3u * D4]);
            next[j] = times(w, h, next[j]);
        }
    }
    for (var j = 0u; j < D4; j++) { // unrolled
        activations[place(args.next, D4, token, j)] = next[j];
    }
}
