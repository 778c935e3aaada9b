// Queries, keys and values. Needs bindings `activations` and `embedded`.
// Features 4 f to 4 f + 3 of token k of a tile's row r: layer 0's are in a table, by the token's colour.
#import embedded, tile

fn qkv_of(k: u32, r: u32, colour: u32, f: u32) -> vec4<f32> {
    if FIRST {
        return embedded[embedded_at(k, colour, f)];
    }
    return activations[place(args.qkv, 3u * D4, token_of(k, r), f)];
}
