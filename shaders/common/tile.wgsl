// A tile of slots: TILE of them at most, nine rows each. Row k * TILE + s is token k of the tile's slot s.
// Activations are stored (features / 4, ROWS): vec4.
const ROWS = 9u * TILE;
