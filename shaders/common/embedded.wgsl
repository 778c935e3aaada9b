// What layer 0 has of a token: x, q, k and v depend on nothing but its position and colour. Needs a binding `embedded`, of
// (q, k, v) and x for each of nine positions and ten colours.

// Where features 4 f to 4 f + 3 of q, k and v of token k lie; of x, 3 D4 further on.
fn embedded_at(k: u32, colour: u32, f: u32) -> u32 {
    return (COLOURS * k + colour) * 4u * D4 + f;
}
