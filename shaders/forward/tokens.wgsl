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
    let work = work_of(id.x, 9u, counts[0], args.tile);
    let s = work.s;
    let k = work.part;
    let colour = (slot_key[counts[4] + args.tile * TILE + s] / POWERS[k]) % 10u;
    let row = row_of(k, s);
    for (var f = 0u; f < D4; f++) {
        acts[place(args.x, D4, row, f)] = embedding[colour * D4 + f] + embedding[(10u + k) * D4 + f];
    }
}
