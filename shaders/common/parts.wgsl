// A row's agents, in `list` from start to end, are summed PART at a time, since a row may have nearly all: the first PART by
// the row's own invocation, the further ones by `backward/parts`. No two of these begin in the same stretch of PART places
// of the list, so that the stretch numbers the part: of each token COLOURS4 vec4s of dlogits, the third with their sum, then PROJECTED
// of dp.

fn part_at(begin: u32) -> u32 {
    return begin / PART * PART_WIDTH;
}
