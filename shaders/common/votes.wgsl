// The votes that land on a pixel. Needs a binding `proposals` (agents, 2): nine colours, four bits each.

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

// z_q = b + sum over k of W_k[vote_k], the temperature applied; colours 10 and 11 do not exist.
// Needs a binding `aggregator` (91, 3): vec4.
struct Scores {
    z: array<vec4<f32>, 3>,
}

fn scores_from_votes(votes: ptr<function, array<u32, 9>>) -> Scores {
    var s: Scores;
    for (var j = 0u; j < 3u; j++) {
        s.z[j] = aggregator[90u * 3u + j];
    }
    for (var k = 0u; k < 9u; k++) {
        let v = (*votes)[k];
        if v != ABSENT {
            let row = (k * 10u + v) * 3u;
            for (var j = 0u; j < 3u; j++) {
                s.z[j] += aggregator[row + j];
            }
        }
    }
    for (var j = 0u; j < 3u; j++) {
        s.z[j] /= hyper.aggregator_temperature;
    }
    s.z[2] = vec4(s.z[2].xy, -1e30, -1e30);
    return s;
}
