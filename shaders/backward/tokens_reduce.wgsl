// Adds the splits' sums to the gradients of E (over positions) and P (over colours).
struct Args {
    tile: u32,
    out: u32, // the embedding's place in the gradient, in vec4s
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> partial: array<vec4<f32>>;        // (splits, 9, 10, D4)
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= 19u * D4 || counts[0] == 0u {
        return;
    }
    let entry = id.x / D4; // ten colours, nine positions
    let f = id.x % D4;
    let splits = splits_in_use(counts[0], args.tile);
    var sum = vec4(0.0);
    for (var split = 0u; split < splits; split++) {
        let others = select(10u, 9u, entry < 10u);
        for (var other = 0u; other < others; other++) {
            let k = select(entry - 10u, other, entry < 10u);
            let colour = select(other, entry, entry < 10u);
            sum += partial[((split * 9u + k) * 10u + colour) * D4 + f];
        }
    }
    gradient[args.out + id.x] += sum;
}
