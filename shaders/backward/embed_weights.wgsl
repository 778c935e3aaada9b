// Gradients of E and P, the sums of a colour's and a position's dx, and of layer 0's W and b for q, k and v.
struct Args { embedding: u32, qkv: u32 } // places in the gradient, in vec4s

@group(0) @binding(1) var<storage, read> dembedded: array<vec4<f32>>; // (9, 10, 4 D4): by q, k, v, x
@group(0) @binding(2) var<storage, read> embedded_rows: array<vec4<f32>>;   // (9, 10, 2 D4): norm(x), dx
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4<f32>>;

fn each(i: u32) {
    var sum = vec4(0.0);
    if i < (COLOURS + SLOTS) * D4 {
        let row = i / D4; // ten colours, nine positions
        let of_colour = row < COLOURS;
        for (var other = 0u; other < select(COLOURS, SLOTS, of_colour); other++) {
            let pair = select(COLOURS * (row - COLOURS) + other, COLOURS * other + row, of_colour);
            sum += embedded_rows[(pair * 2u + 1u) * D4 + i % D4];
        }
        gradient[args.embedding + i] += sum;
        return;
    }
    let w = i - (COLOURS + SLOTS) * D4;
    let input = w / (3u * D4); // the last row is the bias
    for (var pair = 0u; pair < PAIRS; pair++) {
        var n = 1.0;
        if input < D {
            n = embedded_rows[pair * 2u * D4 + input / 4u][input % 4u];
        }
        sum = fma(vec4(n), dembedded[pair * 4u * D4 + w % (3u * D4)], sum);
    }
    gradient[args.qkv + w] += sum;
}
