// p0, p1, p2 = u W + b: what the critic takes from a window, for itself, for the 3x3 mean and for the 9x9 mean.
#import pooled, tile, weights

struct Args { tile: u32, x: u32 }

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<uniform> w_project: array<vec4<f32>, PROJECT_WEIGHTS>; // (D + 1, 3 V4)
@group(0) @binding(3) var<storage, read> activations: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> projected: array<vec4<f32>>;      // (rows, 3 V4)

fn every(id: vec3<u32>) {
    let r = work_of(id.x, 1u, counts[FOUND], args.tile).row;
    let row = counts[KNOWN_BEFORE] + args.tile * TILE + r;
    let u = pooled(args.x, r);
    for (var j = 0u; j < PROJECTED; j++) {
        var y = w_project[D * PROJECTED + j];
        for (var i = 0u; i < D4; i++) { // unrolled
            let at = 4u * PROJECTED * i + j;
            let w = mat4x4(w_project[at], w_project[at + PROJECTED], w_project[at + 2u * PROJECTED], w_project[at + 3u * PROJECTED]);
            y = times(w, u[i], y);
        }
        projected[row * PROJECTED + j] = y;
    }
}
