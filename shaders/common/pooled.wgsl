// u: the mean of a window's nine final tokens. Needs a binding `activations`.
#import norm, tile

fn pooled(x: u32, r: u32) -> Token {
    var u: Token;
    for (var k = 0u; k < SLOTS; k++) {
        var token: Token;
        for (var f = 0u; f < D4; f++) { // unrolled
            token[f] = activations[place(x, D4, token_of(k, r), f)];
        }
        var normed = norm(token);
        for (var f = 0u; f < D4; f++) { // unrolled
            u[f] += normed.n[f] / f32(SLOTS);
        }
    }
    return u;
}
