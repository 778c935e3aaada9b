// A move, less the chance of one.
fn reward_lift(at: Block) -> f32 {
    if !at.leaves {
        return 0.0;
    }
    return select(0.0, 1.0, at.moving != 0u) - (1.0 - pow(1.0 - at.chance, f32(hyper.directions)));
}
