// The votes that land on a pixel. Needs a binding `proposals` (agents, 2): nine colours, four bits each.
#import cells

const ABSENT = 15u;

// The vote of slot k for the pixel at (row, column), from the window centred at the pixel minus slot k's offset.
fn vote(grid: u32, row: u32, column: u32, k: u32) -> u32 {
    // Below 0 it wraps to a large number: then the window is not inside.
    let r = beside(row, 2u - k / 3u, hyper.height) - hyper.origin;
    let c = beside(column, 2u - k % 3u, hyper.width) - hyper.origin;
    if r >= hyper.rows || c >= hyper.columns {
        return ABSENT;
    }
    let agent = grid * hyper.windows + r * hyper.columns + c;
    return (proposals[2u * agent + k / 8u] >> (4u * (k % 8u))) & 15u;
}
