// A move with which the surroundings do not go along.
fn reward_relative(at: Block) -> f32 {
    return select(0.0, 1.0, at.moving != 0u && stands_out(at));
}

// Whether at most 75 % of the pixels around the block shift along with every direction that it matches.
fn stands_out(at: Block) -> bool {
    var around = vec4(0u); // a count for each direction, two to a lane
    var along = vec4(0u);
    for (var i = 0u; i < 16u; i++) {
        if (0x0660u >> i & 1u) == 1u {
            continue; // the block itself
        }
        let bits = pixel_bits(at.world, at.row, at.column, vec2(i32(i / 4u) - 1, i32(i % 4u) - 1));
        around += spread(bits >> 16u);
        along += spread(bits);
    }
    for (var d = 0u; d < hyper.directions; d++) {
        if (at.matches >> d & 1u) == 1u && 4u * count_of(along, d) > 3u * count_of(around, d) {
            return false;
        }
    }
    return true;
}

// Eight bits as eight counts, two to a lane.
fn spread(bits: u32) -> vec4<u32> {
    return vec4(
        (bits & 1u) | ((bits & 2u) << 15u),
        (bits >> 2u & 1u) | ((bits & 8u) << 13u),
        (bits >> 4u & 1u) | ((bits & 32u) << 11u),
        (bits >> 6u & 1u) | ((bits & 128u) << 9u),
    );
}

fn count_of(counts: vec4<u32>, d: u32) -> u32 {
    return counts[d / 2u] >> (16u * (d & 1u)) & 0xffffu;
}
