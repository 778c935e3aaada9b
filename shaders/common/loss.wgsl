// What the losses of a chunk of a rollout's grids share. Needs bindings `grids` and `returns`.

// The rollout's agent that is agent a of the chunk.
fn rollout_agent(a: u32) -> u32 {
    return grids[args.grids_first + a / hyper.windows] * hyper.windows + a % hyper.windows;
}

// -min(r A, clip(r, 1 ± ε) A) with A normalised, and its gradient by ln r: -A r where that is the smaller, 0 where the clip
// holds.
struct Clipped {
    loss: f32,
    dlogp: f32,
}

fn clipped_loss(ratio: f32, raw: f32) -> Clipped {
    let advantage = (raw - returns[ADVANTAGE_MEAN]) / (returns[ADVANTAGE_STD] + 1e-8);
    let clipped = clamp(ratio, 1.0 - hyper.clip, 1.0 + hyper.clip);
    let free = ratio * advantage <= clipped * advantage;
    return Clipped(-min(ratio * advantage, clipped * advantage), select(0.0, -advantage * ratio, free));
}
