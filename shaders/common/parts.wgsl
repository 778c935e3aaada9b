// A slot's agents, in `list` from start to end, are summed PART at a time, since a slot may have nearly all: the first PART by
// the slot's own invocation, the further ones by `backward/parts`. No two of these begin in the same stretch of PART places
// of the list, so that the stretch numbers the part: of each token three vec4s of slopes by its logits, the third with their
// sum, then twelve of dp.
fn part_at(begin: u32) -> u32 {
    return begin / PART * PART_WIDTH;
}
