// Sums over tokens of one position and colour: of their gradients by layer 0's q, k and v, and by x past the attention.
// Eights of lanes share out the bands of rows; one invocation has one position and
// sixteen features.
#import digits, splits, tile

struct Args { tile: u32, dqkv: u32, dmid: u32 }

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> row_key: array<u32>;
@group(0) @binding(3) var<storage, read> dtokens: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> partial: array<vec4<f32>>; // (splits, 9, 10, 4 D4)

const FEATURES = 4u; // / 4

fn every(id: vec3<u32>) {
    let split = id.x;
    let k = id.y;
    let f = FEATURES * id.z;
    let splits = splits_in_use(counts[FOUND], args.tile);
    if split >= splits {
        return;
    }
    let n = rows_of_tile(counts[FOUND], args.tile);
    let share = ((n + BAND - 1u) / BAND + splits / BAND - 1u) / (splits / BAND);
    let first = split / BAND * share;
    var sum: array<array<vec4<f32>, FEATURES>, COLOURS>;
    for (var band = first; band < first + share; band++) {
        let r = band * BAND + split % BAND;
        if r < n {
            let colour = digits_from(row_key[args.tile * TILE + r], k) % COLOURS;
            let token = token_of(k, r);
            for (var i = 0u; i < FEATURES; i++) { // unrolled
                let d = dtokens[select(
                    place(args.dqkv, 3u * D4, token, f + i),
                    place(args.dmid, D4, token, f + i - 3u * D4),
                    f + i >= 3u * D4,
                )];
                for (var c = 0u; c < COLOURS; c++) { // unrolled
                    sum[c][i] = fma(vec4(select(0.0, 1.0, colour == c)), d, sum[c][i]);
                }
            }
        }
    }
    for (var c = 0u; c < COLOURS; c++) { // unrolled
        for (var i = 0u; i < FEATURES; i++) { // unrolled
            partial[((split * SLOTS + k) * COLOURS + c) * 4u * D4 + f + i] = sum[c][i];
        }
    }
}
