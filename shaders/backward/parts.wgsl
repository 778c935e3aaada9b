// Sums over the further agents of slots with more than PART: one token's slopes by the log-probabilities, by colour and
// together; or the slopes by V's projections.
struct Args {
    n: u32, // agents of the chunk
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(2) var<storage, read> row_of_agent: array<u32>;       // (n)
@group(0) @binding(3) var<storage, read> list_start: array<u32>;       // (slots + 1)
@group(0) @binding(4) var<storage, read> list: array<u32>;             // (n)
@group(0) @binding(5) var<storage, read> actions: array<vec4<u32>>;    // (n): proposals, slope
@group(0) @binding(6) var<storage, read> critic: array<vec4<f32>>;     // (n, 2 V4): dhidden, -
@group(0) @binding(7) var<storage, read> dprojected: array<vec4<f32>>; // (n, 2 V4)
@group(0) @binding(8) var<storage, read_write> part_sums: array<vec4<f32>>; // (n / PART, PART_WIDTH)

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let stretch = id.x * PART;
    if stretch >= args.n || counts[0] == 0u {
        return;
    }
    let slot = row_of_agent[list[stretch]];
    let start = list_start[slot];
    let begin = start + (stretch - start + PART - 1u) / PART * PART;
    let end = min(begin + PART, list_start[slot + 1u]);
    if begin == start || begin >= end {
        return;
    }
    let at = part_at(begin);
    let k = id.y;
    if k < 9u {
        let sum = slopes_of_token(k, begin, end);
        for (var f = 0u; f < 3u; f++) { // unrolled
            part_sums[at + 3u * k + f] = sum[f];
        }
    } else {
        let sum = slopes_of_projections(begin, end);
        for (var f = 0u; f < 12u; f++) { // unrolled
            part_sums[at + 27u + f] = sum[f];
        }
    }
}
