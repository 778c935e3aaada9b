// dW = sum over tokens of a b^T, and db = sum of b, from the bands of one split. A workgroup has BAND by BAND vec4s of inputs
// and outputs, and a lane one of each: together they read these features of a band of tokens, whose products each adds up.
#import splits

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

var<workgroup> a: array<vec4<f32>, LANES>; // (BAND tokens, BAND inputs)
var<workgroup> b: array<vec4<f32>, LANES>; // (BAND tokens, BAND outputs)

fn together(group: vec3<u32>, lane: u32) {
    let splits = splits_in_use(counts[FOUND], args.tile);
    if group.x >= splits {
        return;
    }
    let n = rows_of_tile(counts[FOUND], args.tile);
    let first = args.tokens * TILE; // of a quantity, times its place
    let i = BAND * group.y + lane / BAND;
    let j = BAND * group.z + lane % BAND;
    let in_use = i < args.inputs && j < args.outputs;
    // What the lane reads: of one token input i, and another output than j.
    let t = lane % BAND;
    let j_read = BAND * group.z + lane / BAND;
    let kept = BAND * t + lane / BAND;
    var sum: array<vec4<f32>, 4>;
    var bias = vec4(0.0);
    for (var band = group.x; band * BAND < n; band += splits) {
        let exists = band * BAND + t < n;
        for (var k = 0u; k < args.tokens; k++) {
            let tokens = band * args.tokens + k;
            a[kept] = vec4(0.0);
            b[kept] = vec4(0.0);
            if exists && i < args.inputs {
                a[kept] = from_inputs[args.a * first + (tokens * args.inputs + i) * BAND + t];
            }
            if exists && j_read < args.outputs {
                b[kept] = from_outputs[args.b * first + (tokens * args.outputs + j_read) * BAND + t];
            }
            workgroupBarrier();
            for (var token = 0u; token < BAND && in_use; token++) {
                let x = a[BAND * token + lane / BAND];
                let dy = b[BAND * token + lane % BAND];
                for (var c = 0u; c < 4u; c++) { // unrolled
                    sum[c] = fma(vec4(x[c]), dy, sum[c]);
                }
                bias += dy;
            }
            workgroupBarrier();
        }
    }
    let out = group.x * (4u * args.inputs + 1u);
    if in_use {
        for (var c = 0u; c < 4u; c++) { // unrolled
            partial[(out + 4u * i + c) * args.outputs + j] = sum[c];
        }
        if i == 0u {
            partial[(out + 4u * args.inputs) * args.outputs + j] = bias;
        }
    }
}
