// Reads and writes every vec4 once: what a kernel can move at most.
@group(0) @binding(1) var<storage, read_write> stream: array<vec4<f32>>; // (n)

fn each(i: u32) {
    stream[i] = stream[i] * 0.5 + 1.0;
}
