// The gradient by a row's logits: the sum over its agents, in their order, of
// dlogp * (onehot(a_k) - softmax) and of the entropy bonus.
#import dlogits, parts, tile

struct Args { tile: u32, total: u32, dlogits: u32 } // total: agents of the minibatch

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> list_start: array<u32>;       // (rows + 1)
@group(0) @binding(3) var<storage, read> list: array<u32>;             // (agents)
@group(0) @binding(4) var<storage, read> actions: array<vec4<u32>>;    // (agents): proposals, dlogp
@group(0) @binding(5) var<storage, read> logits: array<vec4<f32>>;     // (rows, SLOTS, COLOURS4)
@group(0) @binding(6) var<storage, read> part_sums: array<vec4<f32>>;      // (agents / PART, PART_WIDTH)
@group(0) @binding(7) var<storage, read_write> dtokens: array<vec4<f32>>;

fn every(id: vec3<u32>) {
    let work = work_of(id.x, SLOTS, counts[FOUND], args.tile);
    let r = work.row;
    let k = work.unit;
    let row = args.tile * TILE + r;
    let begin = list_start[row];
    let end = list_start[row + 1u];
    var sum = dlogits_of(k, begin, min(begin + PART, end));
    for (var part = begin + PART; part < end; part += PART) {
        for (var f = 0u; f < COLOURS4; f++) { // unrolled
            sum[f] += part_sums[part_at(part) + COLOURS4 * k + f];
        }
    }
    let all = sum[2].z;
    let at = (row * SLOTS + k) * COLOURS4;
    let tail = logits[at + 2u];
    let la = logits[at] - tail.z;
    let lb = logits[at + 1u] - tail.z;
    let lc = tail.xy - tail.z;
    let bonus = hyper.entropy_coef * f32(end - begin) / f32(args.total);
    let token = token_of(k, r);
    let scale = 1.0 / hyper.temperature;
    dtokens[place(args.dlogits, COLOURS4, token, 0u)] = scale * (sum[0] + exp(la) * (bonus * (la + tail.w) - all));
    dtokens[place(args.dlogits, COLOURS4, token, 1u)] = scale * (sum[1] + exp(lb) * (bonus * (lb + tail.w) - all));
    dtokens[place(args.dlogits, COLOURS4, token, 2u)] = vec4(scale * (sum[2].xy + exp(lc) * (bonus * (lc + tail.w) - all)), 0.0, 0.0);
}
