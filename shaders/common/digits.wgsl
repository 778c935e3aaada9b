// A window's key has token k's colour as its digit number k, the lowest being 0.

fn colour_of(key: u32, k: u32) -> u32 {
    var rest = key;
    for (var i = 0u; i < k; i++) {
        rest /= COLOURS;
    }
    return rest % COLOURS;
}
