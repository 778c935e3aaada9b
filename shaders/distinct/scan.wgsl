// Exclusive prefix sums, in place, by one workgroup; the total goes after the last value.
struct Args { n: u32 } // how many values; ALL_ROWS: as many as there are rows

@group(0) @binding(1) var<storage, read_write> values: array<u32>;
@group(0) @binding(2) var<storage, read> counts: array<u32>;

var<workgroup> partial: array<u32, LANES>;

fn together(group: vec3<u32>, lane: u32) {
    let n = select(args.n, counts[FOUND], args.n == ALL_ROWS);
    let width = (n + LANES - 1u) / LANES;
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
    if lane == LANES - 1u {
        values[n] = before;
    }
}
