// The slope of the loss by a slot's logits: the sum over its agents, in their order, of
// slope * (onehot(a_k) - softmax) and of the entropy bonus.
struct Args {
    tile: u32,
    total: u32, // agents of the minibatch
    dlogits: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> list_start: array<u32>;       // (slots + 1)
@group(0) @binding(3) var<storage, read> list: array<u32>;             // (agents)
@group(0) @binding(4) var<storage, read> actions: array<vec4<u32>>;    // (agents): proposals, slope
@group(0) @binding(5) var<storage, read> logits: array<vec4<f32>>;     // (slots, 9, 3)
@group(0) @binding(6) var<storage, read> part_sums: array<vec4<f32>>;      // (agents / PART, PART_WIDTH)
@group(0) @binding(7) var<storage, read_write> dtokens: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let work = work_of(id.x, 9u, counts[0], args.tile);
    let s = work.s;
    let k = work.part;
    let slot = args.tile * TILE + s;
    let begin = list_start[slot];
    let end = list_start[slot + 1u];
    var sum = slopes_of_token(k, begin, min(begin + PART, end));
    for (var part = begin + PART; part < end; part += PART) {
        for (var f = 0u; f < 3u; f++) { // unrolled
            sum[f] += part_sums[part_at(part) + 3u * k + f];
        }
    }
    let all = sum[2].z;
    let at = (slot * 9u + k) * 3u;
    let tail = logits[at + 2u];
    let la = logits[at] - tail.z;
    let lb = logits[at + 1u] - tail.z;
    let lc = tail.xy - tail.z;
    let bonus = hyper.entropy_coef * f32(end - begin) / f32(args.total);
    let row = row_of(k, s);
    let scale = 1.0 / hyper.temperature;
    dtokens[place(args.dlogits, 3u, row, 0u)] = scale * (sum[0] + exp(la) * (bonus * (la + tail.w) - all));
    dtokens[place(args.dlogits, 3u, row, 1u)] = scale * (sum[1] + exp(lb) * (bonus * (lb + tail.w) - all));
    dtokens[place(args.dlogits, 3u, row, 2u)] = vec4(scale * (sum[2].xy + exp(lc) * (bonus * (lc + tail.w) - all)), 0.0, 0.0);
}
