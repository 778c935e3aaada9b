// dW = sum over rows of a b^T, and db = sum of b, for 16 inputs by 32 outputs; subgroups of eight lanes share out the rows
// of a tile. A lane has four outputs; all get the inputs from the lanes that have read them.
struct Args {
    tile: u32,
    tokens: u32,     // rows a slot: 9, or 1
    a: u32,          // inputs' place, in features / 4
    b: u32,          // outputs' place
    inputs: u32,     // / 4
    outputs: u32,    // / 4
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> from_inputs: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> from_outputs: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> partial: array<vec4<f32>>; // (splits, 4 inputs + 1, outputs)

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let split = id.x / 8u;
    let splits = splits_in_use(counts[0], args.tile);
    if split >= splits {
        return;
    }
    let n = slots_of_tile(counts[0], args.tile);
    let rows = (n + BAND - 1u) / BAND * BAND * args.tokens;
    let share = (rows / 2u + splits - 1u) / splits * 2u;
    // Of the last band, some rows may be no slot's.
    let last_band = (n - 1u) / BAND * BAND * args.tokens;
    let of_last = n - (n - 1u) / BAND * BAND;
    let lane = id.x % 8u;
    let i = 4u * id.y;
    let mine = i + lane % 4u;
    let j = 8u * id.z + lane;
    var sum: array<vec4<f32>, 16>;
    var bias = vec4(0.0);
    for (var row = split * share; row < min((split + 1u) * share, rows); row += 2u) {
        // Two rows at a time: the lower lanes read the inputs of the first, the upper ones those of the second.
        let slots = select(BAND, of_last, row >= last_band);
        let s = row % BAND;
        var a = vec4(0.0);
        if mine < args.inputs && s + lane / 4u < slots {
            a = from_inputs[input_place(row + lane / 4u, mine)];
        }
        var b_0 = vec4(0.0);
        var b_1 = vec4(0.0);
        if j < args.outputs && s < slots {
            b_0 = from_outputs[output_place(row, j)];
        }
        if j < args.outputs && s + 1u < slots {
            b_1 = from_outputs[output_place(row + 1u, j)];
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

// Rows are tokens, or slots.
fn input_place(row: u32, f: u32) -> u32 {
    return args.a * args.tokens * TILE + (row / BAND * args.inputs + f) * BAND + row % BAND;
}

fn output_place(row: u32, f: u32) -> u32 {
    return args.b * args.tokens * TILE + (row / BAND * args.outputs + f) * BAND + row % BAND;
}
