// The critic's hidden layer before its activation: p0 + box(p1) + wide(box(p2)).
struct Args {
    n: u32, // patches * V4 / PIECE
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> row_of_agent: array<u32>;
@group(0) @binding(2) var<storage, read> projected: array<vec4<f32>>;    // (slots, 3 V4)
@group(0) @binding(3) var<storage, read> boxed: array<vec4<f32>>;        // (agents, 2 V4): box(p1), box(p2)
@group(0) @binding(4) var<storage, read_write> hidden: array<vec4<f32>>; // (agents, V4)

fn summand(place: Place, f: u32) -> Piece {
    var piece: Piece;
    for (var j = 0u; j < PIECE; j++) { // unrolled
        piece[j] = boxed[(2u * place.agent + 1u) * V4 + f + j];
    }
    return piece;
}

fn put(place: Place, f: u32, sum: Piece) {
    let scale = 1.0 / count_around(place, 3u);
    let own = row_of_agent[place.agent] * 3u * V4 + f;
    let agent = place.agent;
    for (var j = 0u; j < PIECE; j++) { // unrolled
        hidden[agent * V4 + f + j] = projected[own + j] + boxed[2u * agent * V4 + f + j] + scale * sum[j];
    }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = flat_id(group, groups, lane);
    if i < args.n {
        add_up(i, V4, 3u);
    }
}
