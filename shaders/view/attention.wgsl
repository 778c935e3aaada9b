// softmax(q k^T / sqrt(HEAD_DIM)) of one row at one layer: what `forward/attention` weighs values by and does not keep.
#import digits, qkv

struct Args {
    row: u32, // of the first tile
    qkv: u32,  // where the layer's queries lie, in features / 4
    out: u32,
}

@group(0) @binding(1) var<storage, read> activations: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> attention: array<f32>; // (HEADS, 9 queries, 9 keys), from args.out on
@group(0) @binding(3) var<storage, read> row_key: array<u32>;
@group(0) @binding(4) var<storage, read> embedded: array<vec4<f32>>; // (9, 10, 4 D4): q, k, v, x

fn each(query: u32) {
    let q_at = query / SLOTS * HD4;
    let i = query % SLOTS;
    let key = row_key[args.row];
    var score: array<f32, SLOTS>;
    var top = -1e30;
    for (var j = 0u; j < SLOTS; j++) {
        var dotted = 0.0;
        for (var f = 0u; f < HD4; f++) {
            let q = qkv_of(i, args.row, colour_of(key, i), q_at + f);
            let k = qkv_of(j, args.row, colour_of(key, j), D4 + q_at + f);
            dotted += dot(q, k);
        }
        score[j] = dotted * inverseSqrt(f32(HEAD_DIM));
        top = max(top, score[j]);
    }
    var sum = 0.0;
    for (var j = 0u; j < SLOTS; j++) {
        score[j] = exp(score[j] - top);
        sum += score[j];
    }
    for (var j = 0u; j < SLOTS; j++) {
        attention[args.out + SLOTS * query + j] = score[j] / sum;
    }
}
