// The gradient by the log-probabilities of token k's colours, summed over the agents at places of the sorted list; in the
// third vec4's z, of all colours together. Needs bindings `list` and `actions`.
#import softmax

fn dlogits_of(k: u32, begin: u32, end: u32) -> array<vec4<f32>, COLOURS4> {
    var sum: array<vec4<f32>, COLOURS4>;
    for (var i = begin; i < end; i++) {
        let action = actions[list[i]];
        let colour = (select(action.x, action.y, k == 8u) >> (4u * (k % 8u))) & 15u;
        let dlogp = bitcast<f32>(action.z);
        sum[0] = fma(vec4(dlogp), one_hot(colour, 0u), sum[0]);
        sum[1] = fma(vec4(dlogp), one_hot(colour, 4u), sum[1]);
        sum[2] += dlogp * vec4(one_hot(colour, 8u).xy, 1.0, 0.0);
    }
    return sum;
}
