// Multiply-adds and nothing else: 24 independent sums an invocation, `rounds` times. What the device can at most.
struct Args { rounds: u32 }

@group(0) @binding(1) var<storage, read_write> stream: array<vec4<f32>>; // (n)

fn each(i: u32) {
    let x = stream[i];
    var a = x;
    var b = x + 1.0;
    var c = x + 2.0;
    var d = x + 3.0;
    var e = x + 4.0;
    var f = x + 5.0;
    for (var round = 0u; round < args.rounds; round++) {
        a = fma(a, vec4(0.5), x);
        b = fma(b, vec4(0.5), x);
        c = fma(c, vec4(0.5), x);
        d = fma(d, vec4(0.5), x);
        e = fma(e, vec4(0.5), x);
        f = fma(f, vec4(0.5), x);
    }
    stream[i] = a + b + c + d + e + f;
}
