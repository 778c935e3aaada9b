// Gradient of W_k and b: each pixel's dz goes to the row of every vote it got, and to b. Subgroups of eight lanes
// share out the pixels; a lane has GROUPS of the PAIRS + 1 rows, each with what a vote must be to count for it.
#import lanes

struct Args { n: u32 } // cells of the chunk

@group(0) @binding(1) var<storage, read> dz: array<vec4<f32>>;            // (cells, 4): dz, votes
@group(0) @binding(2) var<storage, read_write> partial: array<vec4<f32>>; // (SPLITS / 8, PAIRS + 1, COLOURS4)

fn every(id: vec3<u32>) {
    let split = id.x / 8u;
    let lane = id.x % 8u;
    let share = (args.n / 2u + SPLITS / 8u) / (SPLITS / 8u) * 2u;
    var word: array<u32, GROUPS>;
    var digit: array<u32, GROUPS>;
    var vote: array<u32, GROUPS>;
    for (var g = 0u; g < GROUPS; g++) { // unrolled
        let row = 8u * g + lane;
        let k = row / COLOURS;
        word[g] = k / 4u;
        // b, the row after the nine times ten, looks at no digit: every pixel counts.
        digit[g] = select(15u, 0u, row >= PAIRS) << (4u * (k % 4u));
        vote[g] = select(row % COLOURS, 0u, row >= PAIRS) << (4u * (k % 4u));
    }
    var sum: array<array<vec4<f32>, COLOURS4>, GROUPS>;
    for (var q = split * share; q < min((split + 1u) * share, args.n); q += 2u) {
        // Two pixels at a time: the lower lanes read the first, the upper ones the second.
        var mine = vec4(0.0);
        if q + lane / 4u < args.n {
            mine = dz[4u * q + lane];
        }
        let first = lower_lanes(mine);
        let second = upper_lanes(mine);
        let votes = bitcast<vec4<u32>>(first[3]);
        let other = bitcast<vec4<u32>>(second[3]);
        for (var g = 0u; g < GROUPS; g++) { // unrolled
            let seen = select(select(votes.x, votes.y, word[g] == 1u), votes.z, word[g] == 2u);
            let seen_next = select(select(other.x, other.y, word[g] == 1u), other.z, word[g] == 2u);
            let hit = select(0.0, 1.0, (seen & digit[g]) == vote[g]);
            let next_hit = select(0.0, 1.0, (seen_next & digit[g]) == vote[g]);
            for (var j = 0u; j < COLOURS4; j++) { // unrolled
                sum[g][j] = fma(vec4(next_hit), second[j], fma(vec4(hit), first[j], sum[g][j]));
            }
        }
    }
    for (var g = 0u; g < GROUPS; g++) { // unrolled
        let row = 8u * g + lane;
        if row <= PAIRS {
            for (var j = 0u; j < COLOURS4; j++) { // unrolled
                partial[(split * (PAIRS + 1u) + row) * COLOURS4 + j] = sum[g][j];
            }
        }
    }
}
