// Gradient of W_k and b: each pixel's dz goes to the row of every vote it got, and to b. An invocation has a vec4 of the
// gradient, from the pixels of one split.
struct Args { n: u32 } // cells of the chunk

@group(0) @binding(1) var<storage, read> dz: array<vec4<f32>>;            // (cells, 4): dz; votes as bits
@group(0) @binding(2) var<storage, read_write> partial: array<vec4<f32>>; // (SPLITS, PAIRS + 1, COLOURS4)

fn every(id: vec3<u32>) {
    let row = id.x / COLOURS4; // the last one is b
    if row > PAIRS {
        return;
    }
    let k = row / COLOURS;
    var sum = vec4(0.0);
    for (var q = id.y; q < args.n; q += SPLITS) {
        let votes = bitcast<vec4<u32>>(dz[4u * q + 3u]);
        if row == PAIRS || (votes[k / 4u] >> (4u * (k % 4u)) & 15u) == row % COLOURS {
            sum += dz[4u * q + id.x % COLOURS4];
        }
    }
    partial[id.y * (PAIRS + 1u) * COLOURS4 + id.x] = sum;
}
