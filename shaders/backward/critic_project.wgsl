// A row's gradient by its projections, summed over its agents in their order, and from there by its pooled tokens.
#import dprojected, parts, pooled, tile, weights

struct Args { tile: u32, x: u32 }

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> list_start: array<u32>;
@group(0) @binding(3) var<storage, read> list: array<u32>;
@group(0) @binding(4) var<storage, read> critic: array<vec4<f32>>;           // (agents, 2 V4): dhidden, -
@group(0) @binding(5) var<storage, read> dprojected: array<vec4<f32>>;       // (agents, 2 V4)
@group(0) @binding(6) var<storage, read> part_sums: array<vec4<f32>>;            // (agents / PART, PART_WIDTH)
@group(0) @binding(7) var<uniform> w_project: array<vec4<f32>, PROJECT_WEIGHTS>; // (D + 1, 3 V4)
@group(0) @binding(8) var<storage, read> activations: array<vec4<f32>>;
@group(0) @binding(9) var<storage, read_write> drows: array<vec4<f32>>; // (2 D4 + 3 V4, TILE): u, du, dp

fn every(id: vec3<u32>) {
    let r = work_of(id.x, 1u, counts[FOUND], args.tile).row;
    let row = args.tile * TILE + r;
    let begin = list_start[row];
    let end = list_start[row + 1u];
    var dp = dprojected_of(begin, min(begin + PART, end));
    for (var part = begin + PART; part < end; part += PART) {
        for (var f = 0u; f < PROJECTED; f++) { // unrolled
            dp[f] += part_sums[part_at(part) + SLOTS * COLOURS4 + f];
        }
    }
    for (var j = 0u; j < PROJECTED; j++) {
        drows[row_place(2u * D4, PROJECTED, r, j)] = dp[j];
    }
    let u = pooled(args.x, r);
    for (var f = 0u; f < D4; f++) { // unrolled
        drows[row_place(0u, D4, r, f)] = u[f];
        var du = vec4(0.0);
        for (var j = 0u; j < PROJECTED; j++) {
            let at = 4u * PROJECTED * f + j;
            let w = mat4x4(w_project[at], w_project[at + PROJECTED], w_project[at + 2u * PROJECTED], w_project[at + 3u * PROJECTED]);
            du = times_back(w, dp[j], du);
        }
        drows[row_place(D4, D4, r, f)] = du;
    }
}
