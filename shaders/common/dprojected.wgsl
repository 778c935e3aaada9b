// The gradient by V's projections of a window, summed over the agents at places of the sorted list. Needs bindings `list`,
// `critic` and `dprojected`.

fn dprojected_of(begin: u32, end: u32) -> array<vec4<f32>, PROJECTED> {
    var dp: array<vec4<f32>, PROJECTED>;
    for (var i = begin; i < end; i++) {
        let a = list[i];
        for (var f = 0u; f < V4; f++) { // unrolled
            dp[f] += critic[a * 2u * V4 + f];
            dp[V4 + f] += dprojected[a * 2u * V4 + f];
            dp[2u * V4 + f] += dprojected[a * 2u * V4 + V4 + f];
        }
    }
    return dp;
}
