// softmax(q k^T / sqrt(HEAD_DIM)) of one slot at one layer: what `forward/attention` weighs values by and does not keep.
struct Args {
    slot: u32, // of the first tile
    qkv: u32,  // where the layer's queries lie, in features / 4
    out: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> activations: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> attention: array<f32>; // (HEADS, 9 queries, 9 keys), from args.out on
@group(0) @binding(3) var<storage, read> row_key: array<u32>;
@group(0) @binding(4) var<EMBEDDED_SPACE> embedded: array<vec4<f32>, EMBEDDED>; // (9, 10, 4 D4): q, k, v, x

// Features of q, k and v: layer 0's are a table.
fn qkv_of(k: u32, f: u32) -> vec4<f32> {
    if FIRST {
        return embedded[embedded_at(k, digits_from(row_key[args.slot], k) % 10u, f)];
    }
    return activations[place(args.qkv, 3u * D4, row_of(k, args.slot), f)];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = flat_id(group, groups, lane);
    if row >= HEADS * 9u {
        return;
    }
    let q_at = row / 9u * HD4;
    let i = row % 9u;
    var score: array<f32, 9>;
    var top = -1e30;
    for (var j = 0u; j < 9u; j++) {
        var dotted = 0.0;
        for (var f = 0u; f < HD4; f++) {
            let q = qkv_of(i, q_at + f);
            let k = qkv_of(j, D4 + q_at + f);
            dotted += dot(q, k);
        }
        score[j] = dotted * inverseSqrt(f32(HEAD_DIM));
        top = max(top, score[j]);
    }
    var sum = 0.0;
    for (var j = 0u; j < 9u; j++) {
        score[j] = exp(score[j] - top);
        sum += score[j];
    }
    for (var j = 0u; j < 9u; j++) {
        attention[args.out + 9u * row + j] = score[j] / sum;
    }
}
