// Agents that are looked at: all in a row, or where LISTED those of a binding `fresh`.

fn agent_of(a: u32) -> u32 {
    if LISTED {
        return fresh[a];
    }
    return a;
}
