// Gradient of E and P: a token's slope goes to the row of its colour and to the row of its position.
// Lanes share out the slots; one invocation has one position and four features.
struct Args {
    tile: u32,
    dx: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> slot_key: array<u32>;
@group(0) @binding(3) var<storage, read> grads: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> partial: array<vec4<f32>>; // (splits, 9, 10, D4)

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let split = id.x;
    let k = id.y;
    let f = id.z;
    let splits = splits_in_use(counts[0], args.tile);
    if split >= splits || counts[0] == 0u {
        return;
    }
    let n = slots_of_tile(counts[0], args.tile);
    var sum: array<vec4<f32>, 10>;
    for (var s = split; s < n; s += splits) {
        let colour = (slot_key[args.tile * TILE + s] / POWERS[k]) % 10u;
        let slope = grads[place(args.dx, D4, row_of(k, s), f)];
        for (var c = 0u; c < 10u; c++) {
            sum[c] = fma(vec4(select(0.0, 1.0, colour == c)), slope, sum[c]);
        }
    }
    for (var c = 0u; c < 10u; c++) {
        partial[((split * 9u + k) * 10u + c) * D4 + f] = sum[c];
    }
}
