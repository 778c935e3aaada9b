// The sum of what the lanes of a workgroup have, in an order that is always the same. Lane 0 alone gets it.
var<workgroup> of_lanes: array<vec4<f32>, LANES>;

fn summed(mine: vec4<f32>, lane: u32) -> vec4<f32> {
    of_lanes[lane] = mine;
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if lane < half {
            of_lanes[lane] += of_lanes[lane + half];
        }
    }
    return of_lanes[lane];
}
