// Sums over the further agents of rows with more than PART: one token's gradient by the log-probabilities, by colour
// and together; or the one by V's projections.
#import dlogits, dprojected, parts

struct Args { n: u32 } // agents of the chunk

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> row_of_agent: array<u32>;       // (n)
@group(0) @binding(3) var<storage, read> list_start: array<u32>;       // (rows + 1)
@group(0) @binding(4) var<storage, read> list: array<u32>;             // (n)
@group(0) @binding(5) var<storage, read> actions: array<vec4<u32>>;    // (n): proposals, dlogp
@group(0) @binding(6) var<storage, read> critic: array<vec4<f32>>;     // (n, 2 V4): dhidden, -
@group(0) @binding(7) var<storage, read> dprojected: array<vec4<f32>>; // (n, 2 V4)
@group(0) @binding(8) var<storage, read_write> part_sums: array<vec4<f32>>; // (n / PART, PART_WIDTH)

fn every(id: vec3<u32>) {
    let stretch = id.x * PART;
    if stretch >= args.n || counts[FOUND] == 0u {
        return;
    }
    let row = row_of_agent[list[stretch]];
    let start = list_start[row];
    let begin = start + (stretch - start + PART - 1u) / PART * PART;
    let end = min(begin + PART, list_start[row + 1u]);
    if begin == start || begin >= end {
        return;
    }
    let at = part_at(begin);
    let k = id.y;
    if k < SLOTS {
        let sum = dlogits_of(k, begin, end);
        for (var f = 0u; f < COLOURS4; f++) { // unrolled
            part_sums[at + COLOURS4 * k + f] = sum[f];
        }
    } else {
        let sum = dprojected_of(begin, end);
        for (var f = 0u; f < PROJECTED; f++) { // unrolled
            part_sums[at + SLOTS * COLOURS4 + f] = sum[f];
        }
    }
}
