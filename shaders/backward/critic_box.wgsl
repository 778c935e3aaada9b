// dp1 = box'(dhidden), dp2 = box'(wide'(dhidden)); dp0 is dhidden. The transpose of means over 3x3 windows.
#import box

@group(0) @binding(1) var<storage, read> critic: array<vec4<f32>>;           // (agents, 2 V4): dhidden, wide'(dhidden)
@group(0) @binding(2) var<storage, read_write> dprojected: array<vec4<f32>>; // (agents, 2 V4): dp1, dp2

fn summand(place: Place, f: u32) -> vec4<f32> {
    return critic[place.agent * 2u * V4 + f] / count_around(place, 1u);
}

fn each(i: u32) {
    dprojected[i] = sum_around(place_of(i / (2u * V4)), 1u, i % (2u * V4));
}
