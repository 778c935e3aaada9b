// u: the mean of a window's nine final tokens. Needs a binding `activations`.
fn pooled(x: u32, s: u32) -> Token {
    var u: Token;
    for (var k = 0u; k < 9u; k++) {
        var token: Token;
        for (var f = 0u; f < D4; f++) { // unrolled
            token[f] = activations[place(x, D4, row_of(k, s), f)];
        }
        var normed = norm(token);
        for (var f = 0u; f < D4; f++) { // unrolled
            u[f] += normed.n[f] / 9.0;
        }
    }
    return u;
}
