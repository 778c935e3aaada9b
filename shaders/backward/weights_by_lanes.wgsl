// dW = sum over tokens of a b^T, and db = sum of b, for 16 inputs by 32 outputs; subgroups of eight lanes share out the tokens
// of a tile. A lane has four outputs; all get the inputs from the lanes that have read them.
#import lanes, linear, splits

struct Args {
    tile: u32,
    tokens: u32,     // tokens a row: 9, or 1
    a: u32,          // inputs' place, in features / 4
    b: u32,          // outputs' place
    inputs: u32,     // / 4
    outputs: u32,    // / 4
}

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> from_inputs: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> from_outputs: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> partial: array<vec4<f32>>; // (splits, 4 inputs + 1, outputs)

fn every(id: vec3<u32>) {
    let split = id.x / 8u;
    let splits = splits_in_use(counts[FOUND], args.tile);
    if split >= splits {
        return;
    }
    let n = rows_of_tile(counts[FOUND], args.tile);
    let tokens = (n + BAND - 1u) / BAND * BAND * args.tokens;
    let share = (tokens / 2u + splits - 1u) / splits * 2u;
    // Of the last band, some tokens may be no row's.
    let last_band = (n - 1u) / BAND * BAND * args.tokens;
    let of_last = n - (n - 1u) / BAND * BAND;
    let lane = id.x % 8u;
    let i = 4u * id.y;
    let mine = i + lane % 4u;
    let j = 8u * id.z + lane;
    var sum: array<vec4<f32>, 16>;
    var bias = vec4(0.0);
    for (var token = split * share; token < min((split + 1u) * share, tokens); token += 2u) {
        // Two tokens at a time: the lower lanes read the inputs of the first, the upper ones those of the second.
        let rows = select(BAND, of_last, token >= last_band);
        let r = token % BAND;
        var a = vec4(0.0);
        if mine < args.inputs && r + lane / 4u < rows {
            a = from_inputs[input_place(token + lane / 4u, mine)];
        }
        var b_0 = vec4(0.0);
        var b_1 = vec4(0.0);
        if j < args.outputs && r < rows {
            b_0 = from_outputs[output_place(token, j)];
        }
        if j < args.outputs && r + 1u < rows {
            b_1 = from_outputs[output_place(token + 1u, j)];
        }
        let a_0 = lower_lanes(a);
        let a_1 = upper_lanes(a);
        for (var c = 0u; c < 4u; c++) { // unrolled
            for (var e = 0u; e < 4u; e++) { // unrolled
                sum[4u * c + e] = fma(vec4(a_1[c][e]), b_1, fma(vec4(a_0[c][e]), b_0, sum[4u * c + e]));
            }
        }
        bias += b_0 + b_1;
    }
    if j >= args.outputs {
        return;
    }
    let out = split * (4u * args.inputs + 1u);
    for (var f = 0u; f < 16u; f++) { // unrolled
        if i + f / 4u < args.inputs {
            partial[(out + 4u * i + f) * args.outputs + j] = sum[f];
        }
    }
    if i == 0u {
        partial[(out + 4u * args.inputs) * args.outputs + j] = bias;
    }
}
