// Sums over the 3x3 windows at a distance around a window, of those that exist. A kernel says by `summand(place, f)` what of
// a window is added up.

struct Place {
    agent: u32,
    row: u32,
    column: u32,
}

fn place_of(agent: u32) -> Place {
    let window = agent % hyper.windows;
    return Place(agent, window / hyper.columns, window % hyper.columns);
}

// How many of the nine around a window exist.
fn count_around(place: Place, distance: u32) -> f32 {
    if hyper.torus == 1u {
        return f32(SLOTS);
    }
    let r = place.row;
    let c = place.column;
    let vertical = 1u + select(0u, 1u, r >= distance) + select(0u, 1u, r + distance < hyper.rows);
    let horizontal = 1u + select(0u, 1u, c >= distance) + select(0u, 1u, c + distance < hyper.columns);
    return f32(vertical * horizontal);
}

fn sum_around(place: Place, distance: u32, f: u32) -> vec4<f32> {
    let first = place.agent - place.row * hyper.columns - place.column; // of the grid
    var sum = vec4(0.0);
    for (var k = 0u; k < SLOTS; k++) {
        // Below 0 they wrap to a large number.
        var row = place.row + k / 3u * distance - distance;
        var column = place.column + k % 3u * distance - distance;
        if hyper.torus == 1u {
            row = (row + hyper.rows) % hyper.rows;
            column = (column + hyper.columns) % hyper.columns;
        }
        if row < hyper.rows && column < hyper.columns {
            sum += summand(Place(first + row * hyper.columns + column, row, column), f);
        }
    }
    return sum;
}
