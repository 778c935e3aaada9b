// Whether the block moves in some direction.
fn reward_move(at: Block) -> f32 {
    return select(0.0, 1.0, at.moving != 0u);
}
