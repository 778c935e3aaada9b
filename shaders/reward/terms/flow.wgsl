// A move in exactly one direction, the less the more blocks go there, less the chance of one.
fn reward_flow(at: Block) -> f32 {
    if !at.leaves {
        return 0.0;
    }
    let many = f32(hyper.directions);
    var flow = -many * at.chance * pow(1.0 - at.chance, many - 1.0);
    if countOneBits(at.matches) == 1u && at.moving != 0u {
        var all = 0u;
        for (var d = 0u; d < DIRECTIONS; d++) {
            all += headings[at.world * DIRECTIONS + d];
        }
        let share = f32(headings[at.world * DIRECTIONS + firstTrailingBit(at.matches)]) / f32(all);
        flow += 1.0 - max(0.0, (share - 1.0 / many) * many / (many - 1.0));
    }
    return flow;
}
