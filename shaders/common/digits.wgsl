// A window's key has token k's colour as its digit number k, the lowest being 0.

// The key without its lowest k digits. One after the other: a software device divides by what is no constant lane by lane.
fn digits_from(key: u32, k: u32) -> u32 {
    var rest = key;
    for (var i = 0u; i < k; i++) {
        rest /= COLOURS;
    }
    return rest;
}
