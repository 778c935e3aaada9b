// Which agents are the first with a window that is new. Needs bindings `table`, `row_from_entry` and `row_of_agent`.

// Whether agent a of args.agents, whose place in the table is `entry`, is one.
fn is_first(a: u32, entry: u32) -> bool {
    return table[args.table + entry] == args.agents - a && row_from_entry[entry] == 0u;
}
