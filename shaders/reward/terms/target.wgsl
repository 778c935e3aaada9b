// Whether the pixel equals the target picture's.
fn reward_target(at: Pixel) -> f32 {
    return select(0.0, 1.0, at.after == at.picture);
}
