// dp1 = box'(dhidden), dp2 = box'(wide'(dhidden)); dp0 is dhidden. The transpose of means over 3x3 windows.
struct Args {
    n: u32, // patches * 2 V4 / PIECE
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> critic: array<vec4<f32>>;           // (agents, 2 V4): dhidden, wide'(dhidden)
@group(0) @binding(2) var<storage, read_write> dprojected: array<vec4<f32>>; // (agents, 2 V4): dp1, dp2

fn summand(place: Place, f: u32) -> Piece {
    let scale = 1.0 / count_around(place, 1u);
    var piece: Piece;
    for (var j = 0u; j < PIECE; j++) { // unrolled
        piece[j] = scale * critic[place.agent * 2u * V4 + f + j];
    }
    return piece;
}

fn put(place: Place, f: u32, sum: Piece) {
    for (var j = 0u; j < PIECE; j++) { // unrolled
        dprojected[place.agent * 2u * V4 + f + j] = sum[j];
    }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = flat_id(group, groups, lane);
    if i < args.n {
        add_up(i, 2u * V4, 1u);
    }
}
