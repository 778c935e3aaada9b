// Philox4x32-10 (Salmon et al. 2011); `spec::philox` is the same function.

fn multiply_wide(a: u32, b: u32) -> vec2<u32> { // (high, low)
    let a0 = a & 0xffffu;
    let a1 = a >> 16u;
    let b0 = b & 0xffffu;
    let b1 = b >> 16u;
    let low = a0 * b0;
    let middle_0 = a1 * b0 + (low >> 16u);
    let middle_1 = a0 * b1 + (middle_0 & 0xffffu);
    return vec2(a1 * b1 + (middle_0 >> 16u) + (middle_1 >> 16u), a * b);
}

fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
    var c = counter;
    var k = key;
    for (var round = 0u; round < 10u; round++) {
        let p0 = multiply_wide(0xD2511F53u, c.x);
        let p1 = multiply_wide(0xCD9E8D57u, c.z);
        c = vec4(p1.x ^ c.y ^ k.x, p1.y, p0.x ^ c.w ^ k.y, p0.y);
        k += vec2(0x9E3779B9u, 0xBB67AE85u);
    }
    return c;
}

// A word as a real in (0, 1), exact in f32.
fn unit_from_word(word: u32) -> f32 {
    return (f32(word >> 9u) + 0.5) * 1.1920928955078125e-7;
}
