// box(p1) and box(p2): the 3x3 means of the windows' second and third projections.
struct Args {
    n: u32, // patches * 2 V4 / PIECE
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(2) var<storage, read> projected: array<vec4<f32>>;   // (slots, 3 V4)
@group(0) @binding(3) var<storage, read_write> boxed: array<vec4<f32>>; // (agents, 2 V4)

fn summand(place: Place, f: u32) -> Piece {
    let at = (row_of_agent[place.agent] * 3u + 1u) * V4 + f;
    var piece: Piece;
    for (var j = 0u; j < PIECE; j++) { // unrolled
        piece[j] = projected[at + j];
    }
    return piece;
}

fn put(place: Place, f: u32, sum: Piece) {
    let scale = 1.0 / count_around(place, 1u);
    for (var j = 0u; j < PIECE; j++) { // unrolled
        boxed[place.agent * 2u * V4 + f + j] = scale * sum[j];
    }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = flat_id(group, groups, lane);
    if i < args.n {
        add_up(i, 2u * V4, 1u);
    }
}
