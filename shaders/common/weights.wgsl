// Products with a 4x4 block of weights: its columns are four inputs' weights for four outputs.

// y + x W.
fn times(block: mat4x4<f32>, x: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
    return fma(vec4(x.w), block[3], fma(vec4(x.z), block[2], fma(vec4(x.y), block[1], fma(vec4(x.x), block[0], y))));
}

// dx + dy W^T.
fn times_back(block: mat4x4<f32>, dy: vec4<f32>, dx: vec4<f32>) -> vec4<f32> {
    return times(transpose(block), dy, dx);
}
