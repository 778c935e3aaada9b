// Sums over tokens of one position and colour: of their gradients by layer 0's q, k and v, and by x past the attention.
// An invocation has a position and four features, from the rows of one split.
#import digits, splits, tile

struct Args { tile: u32, dqkv: u32, dmid: u32 }

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> row_key: array<u32>;
@group(0) @binding(3) var<storage, read> dtokens: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> partial: array<vec4<f32>>; // (splits, 9, 10, 4 D4)

fn every(id: vec3<u32>) {
    let f = id.x;
    let k = id.y;
    let split = id.z;
    let splits = splits_in_use(counts[FOUND], args.tile);
    if f >= 4u * D4 || split >= splits {
        return;
    }
    let n = rows_of_tile(counts[FOUND], args.tile);
    var sum: array<vec4<f32>, COLOURS>;
    for (var band = split; band * BAND < n; band += splits) {
        for (var r = band * BAND; r < min(band * BAND + BAND, n); r++) {
            let colour = colour_of(row_key[args.tile * TILE + r], k);
            let of_qkv = place(args.dqkv, 3u * D4, token_of(k, r), f);
            let of_x = place(args.dmid, D4, token_of(k, r), f - 3u * D4);
            let d = dtokens[select(of_x, of_qkv, f < 3u * D4)];
            for (var c = 0u; c < COLOURS; c++) { // unrolled
                sum[c] += select(vec4(0.0), d, colour == c);
            }
        }
    }
    for (var c = 0u; c < COLOURS; c++) { // unrolled
        partial[((split * SLOTS + k) * COLOURS + c) * 4u * D4 + f] = sum[c];
    }
}
