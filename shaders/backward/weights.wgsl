// dW = sum over tokens of a b^T, and db = sum of b, for 8 inputs by 8 outputs; lanes share out the tokens of a tile.
#import linear, splits

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
    let split = id.x;
    let splits = splits_in_use(counts[FOUND], args.tile);
    if split >= splits {
        return;
    }
    let n = rows_of_tile(counts[FOUND], args.tile);
    let i = 2u * id.y;
    let j = 2u * id.z;
    let wide = j + 1u < args.outputs;
    var sum: array<array<vec4<f32>, 2>, SLOTS>; // 8 inputs, then the bias
    for (var k = 0u; k < args.tokens; k++) {
        for (var r = split; r < n; r += splits) {
            let token = (r / BAND * args.tokens + k) * BAND + r % BAND;
            let a0 = from_inputs[input_place(token, i)];
            let a1 = from_inputs[input_place(token, i + 1u)];
            let b0 = from_outputs[output_place(token, j)];
            let b1 = select(vec4(0.0), from_outputs[output_place(token, j + 1u)], wide);
            sum[0][0] = fma(vec4(a0.x), b0, sum[0][0]);
            sum[0][1] = fma(vec4(a0.x), b1, sum[0][1]);
            sum[1][0] = fma(vec4(a0.y), b0, sum[1][0]);
            sum[1][1] = fma(vec4(a0.y), b1, sum[1][1]);
            sum[2][0] = fma(vec4(a0.z), b0, sum[2][0]);
            sum[2][1] = fma(vec4(a0.z), b1, sum[2][1]);
            sum[3][0] = fma(vec4(a0.w), b0, sum[3][0]);
            sum[3][1] = fma(vec4(a0.w), b1, sum[3][1]);
            sum[4][0] = fma(vec4(a1.x), b0, sum[4][0]);
            sum[4][1] = fma(vec4(a1.x), b1, sum[4][1]);
            sum[5][0] = fma(vec4(a1.y), b0, sum[5][0]);
            sum[5][1] = fma(vec4(a1.y), b1, sum[5][1]);
            sum[6][0] = fma(vec4(a1.z), b0, sum[6][0]);
            sum[6][1] = fma(vec4(a1.z), b1, sum[6][1]);
            sum[7][0] = fma(vec4(a1.w), b0, sum[7][0]);
            sum[7][1] = fma(vec4(a1.w), b1, sum[7][1]);
            sum[8][0] += b0;
            sum[8][1] += b1;
        }
    }
    let out = split * (4u * args.inputs + 1u) * args.outputs;
    let at = out + 4u * i * args.outputs + j;
    put(at + 0u * args.outputs, sum[0][0], sum[0][1], wide);
    put(at + 1u * args.outputs, sum[1][0], sum[1][1], wide);
    put(at + 2u * args.outputs, sum[2][0], sum[2][1], wide);
    put(at + 3u * args.outputs, sum[3][0], sum[3][1], wide);
    put(at + 4u * args.outputs, sum[4][0], sum[4][1], wide);
    put(at + 5u * args.outputs, sum[5][0], sum[5][1], wide);
    put(at + 6u * args.outputs, sum[6][0], sum[6][1], wide);
    put(at + 7u * args.outputs, sum[7][0], sum[7][1], wide);
    if i == 0u {
        put(out + 4u * args.inputs * args.outputs + j, sum[8][0], sum[8][1], wide);
    }
}

fn put(at: u32, first: vec4<f32>, second: vec4<f32>, wide: bool) {
    partial[at] = first;
    if wide {
        partial[at + 1u] = second;
    }
}
