// A slot's slopes by its projections, summed over its agents in their order, and from there by its pooled tokens.
struct Args {
    tile: u32,
    x: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> list_start: array<u32>;
@group(0) @binding(3) var<storage, read> list: array<u32>;
@group(0) @binding(4) var<storage, read> critic: array<vec4<f32>>;           // (agents, 2 V4): dhidden, -
@group(0) @binding(5) var<storage, read> dprojected: array<vec4<f32>>;       // (agents, 2 V4)
@group(0) @binding(6) var<storage, read> part_sums: array<vec4<f32>>;            // (agents / PART, PART_WIDTH)
@group(0) @binding(7) var<uniform> w_project: array<vec4<f32>, PROJECT_WEIGHTS>; // (D + 1, 3 V4)
@group(0) @binding(8) var<storage, read> activations: array<vec4<f32>>;
@group(0) @binding(9) var<storage, read_write> drows: array<vec4<f32>>; // (2 D4 + 3 V4, TILE): u, du, dp

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let s = work_of(id.x, 1u, counts[0], args.tile).s;
    let slot = args.tile * TILE + s;
    let begin = list_start[slot];
    let end = list_start[slot + 1u];
    var dp = slopes_of_projections(begin, min(begin + PART, end));
    for (var part = begin + PART; part < end; part += PART) {
        for (var f = 0u; f < 12u; f++) { // unrolled
            dp[f] += part_sums[part_at(part) + 27u + f];
        }
    }
    for (var j = 0u; j < 3u * V4; j++) {
        drows[slot_place(2u * D4, 3u * V4, s, j)] = dp[j];
    }
    let u = pooled(args.x, s);
    for (var f = 0u; f < D4; f++) { // unrolled
        drows[slot_place(0u, D4, s, f)] = u[f];
        var du = vec4(0.0);
        for (var j = 0u; j < 3u * V4; j++) {
            du = times_back(BLOCK(w_project, 4u * f * 3u * V4 + j, 3u * V4), dp[j], du);
        }
        drows[slot_place(D4, D4, s, f)] = du;
    }
}
