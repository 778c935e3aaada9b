// Whether the block is found again in some direction.
fn reward_shift(at: Block) -> f32 {
    return select(0.0, 1.0, at.matches != 0u);
}
