// p0, p1, p2 = u W + b: what the critic takes from a window, for itself, for the 3x3 mean and for the 9x9 mean.
struct Args {
    tile: u32,
    x: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_project: array<vec4<f32>, PROJECT_WEIGHTS>; // (D + 1, 3 V4)
@group(0) @binding(3) var<storage, read> activations: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> projected: array<vec4<f32>>;      // (slots, 3 V4)

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let s = work_of(id.x, 1u, counts[0], args.tile).s;
    let slot = counts[4] + args.tile * TILE + s;
    let u = pooled(args.x, s);
    for (var j = 0u; j < 3u * V4; j++) {
        var y = w_project[D * 3u * V4 + j];
        for (var i = 0u; i < D4; i++) { // unrolled
            y = times(BLOCK(w_project, 4u * i * 3u * V4 + j, 3u * V4), u[i], y);
        }
        projected[slot * 3u * V4 + j] = y;
    }
}
