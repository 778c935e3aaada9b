// Exclusive prefix sums, in place, by one workgroup; the total goes after the last value.
struct Args {
    n: u32,         // how many values; SLOTS: as many as there are slots
}
var<immediate> args: Args;

@group(0) @binding(1) var<storage, read_write> values: array<u32>;
@group(0) @binding(2) var<storage, read> counts: array<u32>;

const SLOTS = 0xffffffffu;

var<workgroup> partial: array<u32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    let n = select(args.n, counts[0], args.n == SLOTS);
    let width = (n + 63u) / 64u;
    let begin = min(lane * width, n);
    let end = min(begin + width, n);
    var sum = 0u;
    for (var i = begin; i < end; i++) {
        sum += values[i];
    }
    partial[lane] = sum;
    workgroupBarrier();
    var before = 0u;
    for (var other = 0u; other < lane; other++) {
        before += partial[other];
    }
    for (var i = begin; i < end; i++) {
        let value = values[i];
        values[i] = before;
        before += value;
    }
    if lane == 63u {
        values[n] = before;
    }
}
