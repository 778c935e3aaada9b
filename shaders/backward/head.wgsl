// From a token's dlogits, and its share of the pooled tokens' gradient, to its dx.
#import norm, tile, weights

struct Args { tile: u32, x: u32, dlogits: u32, dx: u32, n: u32 } // n: where norm(x) goes

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_head: array<vec4<f32>, HEAD_WEIGHTS>; // (D + 1, 3)
@group(0) @binding(3) var<storage, read> activations: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> drows: array<vec4<f32>>;     // (2 D4 + 3 V4, TILE): u, du, dp
@group(0) @binding(5) var<storage, read_write> dtokens: array<vec4<f32>>;

fn every(id: vec3<u32>) {
    let work = work_of(id.x, SLOTS, counts[FOUND], args.tile);
    let token = token_of(work.unit, work.row);
    var x: Token;
    var dn: Token;
    for (var f = 0u; f < D4; f++) { // unrolled
        x[f] = activations[place(args.x, D4, token, f)];
        dn[f] = drows[row_place(D4, D4, work.row, f)] / f32(SLOTS);
    }
    for (var j = 0u; j < COLOURS4; j++) {
        let dy = dtokens[place(args.dlogits, COLOURS4, token, j)];
        for (var i = 0u; i < D4; i++) { // unrolled
            let at = PADDED * i + j;
            let w = mat4x4(w_head[at], w_head[at + COLOURS4], w_head[at + 2u * COLOURS4], w_head[at + 3u * COLOURS4]);
            dn[i] = times_back(w, dy, dn[i]);
        }
    }
    let normed = norm(x);
    let dx = norm_backward(dn, normed);
    for (var f = 0u; f < D4; f++) { // unrolled
        dtokens[place(args.n, D4, token, f)] = normed.n[f];
        dtokens[place(args.dx, D4, token, f)] = dx[f];
    }
}
