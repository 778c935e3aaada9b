// Draws by inverse CDF, decided beforehand. Where u = (n + 1/2) / 2^23 for n below 2^23, the colour is how many of nine
// bounds n has reached: bound c is how many of the 2^23 draw colour c or one before it.
// A token of a row has ten words. The first decides most draws where one colour is likely: the likeliest one << 28,
// then the first and the last of n / 512 that are sure to draw it, 14 bits each. The bounds follow.
// Needs a binding `draws` (rows, SLOTS, DRAW_WORDS).

fn likeliest_of(first_word: u32) -> u32 {
    return first_word >> 28u;
}

// Whether the word of random bits is sure to draw the likeliest colour.
fn is_sure(first_word: u32, word: u32) -> bool {
    let n = word >> 18u;
    return n >= (first_word >> 14u & 0x3fffu) && n <= (first_word & 0x3fffu);
}

// The colour that a word of random bits draws, for the token whose words begin at `at`.
fn draw_of(at: u32, word: u32) -> u32 {
    let n = word >> 9u;
    var colour = select(0u, 2u, n >= draws[at + 2u]);
    colour += select(0u, 4u, n >= draws[at + colour + 4u]);
    colour += select(0u, 2u, n >= draws[at + colour + 2u]);
    colour += select(0u, 1u, n >= draws[at + colour + 1u]);
    return colour;
}
