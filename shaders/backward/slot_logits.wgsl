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
@group(0) @binding(4) var<storage, read> acts_of: array<vec4<u32>>;    // (agents): proposals, slope
@group(0) @binding(5) var<storage, read> logits: array<vec4<f32>>;     // (slots, 9, 3)
@group(0) @binding(6) var<storage, read_write> grads: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let work = work_of(id.x, 9u, counts[0], args.tile);
    let s = work.s;
    let k = work.part;
    let slot = args.tile * TILE + s;
    var a = vec4(0.0);
    var b = vec4(0.0);
    var c = vec4(0.0);
    var all = 0.0;
    let begin = list_start[slot];
    let end = list_start[slot + 1u];
    for (var i = begin; i < end; i++) {
        let act = acts_of[list[i]];
        let colour = (select(act.x, act.y, k == 8u) >> (4u * (k % 8u))) & 15u;
        let slope = bitcast<f32>(act.z);
        all += slope;
        a = fma(vec4(slope), one_hot(colour, 0u), a);
        b = fma(vec4(slope), one_hot(colour, 4u), b);
        c = fma(vec4(slope), one_hot(colour, 8u), c);
    }
    let at = (slot * 9u + k) * 3u;
    let tail = logits[at + 2u];
    let la = logits[at] - tail.z;
    let lb = logits[at + 1u] - tail.z;
    let lc = tail.xy - tail.z;
    let bonus = hyper.entropy_coef * f32(end - begin) / f32(args.total);
    let row = row_of(k, s);
    let scale = 1.0 / hyper.temperature;
    grads[place(args.dlogits, 3u, row, 0u)] = scale * (a + exp(la) * (bonus * (la + tail.w) - all));
    grads[place(args.dlogits, 3u, row, 1u)] = scale * (b + exp(lb) * (bonus * (lb + tail.w) - all));
    grads[place(args.dlogits, 3u, row, 2u)] = vec4(scale * (c.xy + exp(lc) * (bonus * (lc + tail.w) - all)), 0.0, 0.0);
}
