// max over d of (the fraction of the block's cells y with S'(y + d) = S(y), S(y + d) != S(y), S'(y) != S(y)) squared.
fn reward_soft_move(at: Block) -> f32 {
    if of_one_colour(at.code) {
        return 0.0;
    }
    let bits = at.bits;
    let moved = bits & ~(bits >> vec4(8u)) & select(vec4(0u), vec4(255u), (bits >> vec4(24u)) == vec4(0u));
    var most = 0u;
    for (var d = 0u; d < hyper.directions; d++) {
        if (all_of(bits) >> (16u + d) & 1u) == 1u {
            let each = moved >> vec4(d) & vec4(1u);
            most = max(most, each.x + each.y + each.z + each.w);
        }
    }
    let fraction = f32(most) / 4.0;
    return fraction * fraction;
}
