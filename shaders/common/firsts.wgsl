// Which agents are the first with a window that is new. Needs bindings `table`, `slot_from_entry` and `agent_slot`.

// Whether agent a of args.agents, whose place in the table is `entry`, is one.
fn is_first(a: u32, entry: u32) -> bool {
    return table[args.table + entry] == args.agents - a && slot_from_entry[entry] == 0u;
}
