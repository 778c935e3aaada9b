// x_k = E[colour_k] + P[k].
struct Args {
    tile: u32,
    x: u32, // where the tokens go, in features / 4
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> slot_key: array<u32>;
@group(0) @binding(3) var<storage, read> embedding: array<vec4<f32>>; // (19, D4): ten colours, nine positions
@group(0) @binding(4) var<storage, read_write> acts: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let s = id.x;
    let k = id.y;
    let found = args.tile * TILE + s;
    if s >= TILE || found >= counts[0] {
        return;
    }
    let colour = (slot_key[counts[4] + found] / POWERS[k]) % 10u;
    let row = k * TILE + s;
    for (var f = 0u; f < D4; f++) {
        acts[(args.x + f) * ROWS + row] = embedding[colour * D4 + f] + embedding[(10u + k) * D4 + f];
    }
}
