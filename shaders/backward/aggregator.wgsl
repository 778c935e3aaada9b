// Gradient of W_k and b: each pixel's dz goes to the row of the vote it got. Lanes share out the pixels; an
// invocation does three slots, since on a software device the loads are what costs.
struct Args { n: u32 } // cells of the chunk

@group(0) @binding(1) var<storage, read> dz: array<vec4<f32>>;            // (cells, 4)
@group(0) @binding(2) var<storage, read_write> partial: array<vec4<f32>>; // (SPLITS, PAIRS + 1, COLOURS4)

fn every(id: vec3<u32>) {
    let split = id.x;
    let first = 3u * id.y;
    var sum: array<array<array<vec4<f32>, COLOURS4>, COLOURS>, 3>;
    var bias: array<vec4<f32>, COLOURS4>;
    for (var q = split; q < args.n; q += SPLITS) {
        let d = array(dz[4u * q], dz[4u * q + 1u], dz[4u * q + 2u]);
        let words = bitcast<vec4<u32>>(dz[4u * q + 3u]);
        for (var i = 0u; i < 3u; i++) {
            let k = first + i;
            let word = select(select(words.x, words.y, k >= 4u), words.z, k == 8u);
            let v = (word >> (4u * (k % 4u))) & 15u;
            for (var colour = 0u; colour < COLOURS; colour++) {
                let hit = select(0.0, 1.0, v == colour);
                for (var j = 0u; j < COLOURS4; j++) {
                    sum[i][colour][j] = fma(vec4(hit), d[j], sum[i][colour][j]);
                }
            }
        }
        for (var j = 0u; j < COLOURS4; j++) {
            bias[j] += d[j];
        }
    }
    for (var j = 0u; j < COLOURS4; j++) {
        for (var i = 0u; i < 3u; i++) {
            for (var colour = 0u; colour < COLOURS; colour++) {
                partial[(split * (PAIRS + 1u) + (first + i) * COLOURS + colour) * COLOURS4 + j] = sum[i][colour][j];
            }
        }
        if first == 0u {
            partial[(split * (PAIRS + 1u) + PAIRS) * COLOURS4 + j] = bias[j];
        }
    }
}
