// Sums over tokens of one position and colour: of their gradients by layer 0's q, k and v, and by x past the attention.
// Subgroups of eight lanes share out the bands of rows; a lane has four features of one position.
#import digits, splits, tile

struct Args { tile: u32, dqkv: u32, dmid: u32 }

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> row_key: array<u32>;
@group(0) @binding(3) var<storage, read> dtokens: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> partial: array<vec4<f32>>; // (splits, 9, 10, 4 D4)

fn every(id: vec3<u32>) {
    let split = id.x / BAND;
    let lane = id.x % BAND;
    let k = id.y;
    let f = BAND * id.z + lane;
    let splits = splits_in_use(counts[FOUND], args.tile);
    if split >= splits {
        return;
    }
    let n = rows_of_tile(counts[FOUND], args.tile);
    let bands = (n + BAND - 1u) / BAND;
    let share = (bands + splits - 1u) / splits;
    var sum: array<vec4<f32>, COLOURS>;
    for (var band = split * share; band < min((split + 1u) * share, bands); band++) {
        // Each lane reads the colour of one row's token; all get the eight.
        let r = band * BAND + lane;
        var mine = COLOURS;
        if r < n {
            mine = digits_from(row_key[args.tile * TILE + r], k) % COLOURS;
        }
        var d: array<vec4<f32>, BAND>;
        var colour: array<u32, BAND>;
        for (var i = 0u; i < BAND; i++) { // unrolled
            let token = token_of(k, band * BAND + i);
            // One read, whichever it is: a software device would do both.
            d[i] = dtokens[select(
                place(args.dqkv, 3u * D4, token, f),
                place(args.dmid, D4, token, min(f - 3u * D4, D4 - 1u)),
                f >= 3u * D4,
            )];
            colour[i] = subgroupBroadcast(mine, i);
        }
        for (var c = 0u; c < COLOURS; c++) { // unrolled
            for (var i = 0u; i < BAND; i++) { // unrolled
                sum[c] += select(vec4(0.0), d[i], colour[i] == c);
            }
        }
    }
    if f < 4u * D4 {
        for (var c = 0u; c < COLOURS; c++) { // unrolled
            partial[((split * SLOTS + k) * COLOURS + c) * 4u * D4 + f] = sum[c];
        }
    }
}
