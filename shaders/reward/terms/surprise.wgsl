// A block found again, weighted by how rare it is.
fn reward_surprise(at: Block) -> f32 {
    if at.matches == 0u {
        return 0.0;
    }
    let frequency = at.alike_before / at.count;
    return -log(frequency) / log(at.count);
}
