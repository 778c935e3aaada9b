// Which directions each block matches, and which of these move; and how many blocks go each way and no other.
struct Args {
    n: u32, // cells
    grid: u32,
    next_grid: u32,
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read> states: array<u32>;
@group(0) @binding(2) var<storage, read_write> matches: array<u32>;          // (cells): bit d matches, bit 8 + d moves
@group(0) @binding(3) var<storage, read_write> headings: array<atomic<u32>>; // (worlds, 8)

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let q = flat_id(group, groups, lane);
    if q >= args.n {
        return;
    }
    let world = q / hyper.cells;
    let row = q % hyper.cells / hyper.width;
    let column = q % hyper.cells % hyper.width;
    var bits = 0u;
    if is_block(row, column) {
        let code = code_at(args.grid + world, row, column);
        let changes = !of_one_colour(code) && code_at(args.next_grid + world, row, column) != code;
        for (var d = 0u; d < hyper.directions; d++) {
            let to = shifted(row, column, direction(d));
            if to != OUTSIDE && is_block(to >> 16u, to & 0xffffu) {
                if code_at(args.next_grid + world, to >> 16u, to & 0xffffu) == code {
                    bits |= 1u << d;
                    if changes && code_at(args.grid + world, to >> 16u, to & 0xffffu) != code {
                        bits |= 256u << d;
                    }
                }
            }
        }
        if countOneBits(bits & 255u) == 1u && bits >= 256u {
            atomicAdd(&headings[world * 8u + firstTrailingBit(bits & 255u)], 1u);
        }
    }
    matches[q] = bits;
}
