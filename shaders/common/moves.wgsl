// What blocks do, from the bits of their pixels. Needs a binding `pixels`.
#import positions

fn pixel_bits(world: u32, row: u32, column: u32, step: vec2<i32>) -> u32 {
    let at = shifted(row, column, step);
    return select(0u, pixels[world * hyper.cells + (at >> 16u) * hyper.width + (at & 0xffffu)], at != OUTSIDE);
}

// A block's four pixels' bits.
fn block_bits(world: u32, row: u32, column: u32) -> vec4<u32> {
    return vec4(
        pixel_bits(world, row, column, vec2(0, 0)),
        pixel_bits(world, row, column, vec2(0, 1)),
        pixel_bits(world, row, column, vec2(1, 0)),
        pixel_bits(world, row, column, vec2(1, 1)),
    );
}

// Bits that all four have: bit d, the block matches d.
fn all_of(bits: vec4<u32>) -> u32 {
    return bits.x & bits.y & bits.z & bits.w;
}

// Bit d: the block matches d, changes where it was, and was not in d already.
fn moves(bits: vec4<u32>, code: u32) -> u32 {
    let all = all_of(bits);
    let changes = !of_one_colour(code) && (all >> 24u) == 0u;
    return select(0u, all & ~(all >> 8u) & 255u, changes);
}

fn of_one_colour(code: u32) -> bool {
    return code % (1u + COLOURS * (1u + COLOURS * (1u + COLOURS))) == 0u;
}
