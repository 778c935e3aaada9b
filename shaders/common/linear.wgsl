// Where a linear layer's inputs and outputs lie, for the gradient of its weights: of a tile's tokens, or of its rows, which
// then count as having one token.

fn input_place(token: u32, f: u32) -> u32 {
    return args.a * args.tokens * TILE + (token / BAND * args.inputs + f) * BAND + token % BAND;
}

fn output_place(token: u32, f: u32) -> u32 {
    return args.b * args.tokens * TILE + (token / BAND * args.outputs + f) * BAND + token % BAND;
}
