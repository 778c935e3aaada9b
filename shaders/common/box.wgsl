// Sums over the 3x3 windows at a distance around a window, of those that exist. An invocation has a patch: WIDE by TALL
// windows, each `distance` from the next, and some features of them, so that it reads a window seldom more than once.
// A kernel says by `summand(place, f)` what is added up, and by `put(place, f, sum)` what becomes of it.
#import cells

struct Place {
    agent: u32,
    row: u32,
    column: u32,
    exists: bool,
}

// The window at a row and a column that may lie outside by a distance: below 0 they wrap to a large number.
fn place_at(grid: u32, row: u32, column: u32) -> Place {
    var r = row;
    var c = column;
    if hyper.torus == 1u {
        r = wrapped(r + select(0u, hyper.rows, r > LARGE), hyper.rows);
        c = wrapped(c + select(0u, hyper.columns, c > LARGE), hyper.columns);
    }
    return Place(grid * hyper.windows + r * hyper.columns + c, r, c, r < hyper.rows && c < hyper.columns);
}

const LARGE = 0x7fffffffu;

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

alias Piece = array<vec4<f32>, PIECE>;

fn summand_at(place: Place, f: u32) -> Piece {
    var piece: Piece;
    if place.exists {
        piece = summand(place, f);
    }
    return piece;
}

// A side falls into parts of so many windows that are a distance apart: how many there are,
fn parts_of(side: u32, distance: u32, length: u32) -> u32 {
    return min(distance, side) * (((side + distance - 1u) / distance + length - 1u) / length);
}

// and where one begins.
fn part_begin(i: u32, side: u32, distance: u32, length: u32) -> u32 {
    let strands = min(distance, side);
    return i / strands * length * distance + i % strands;
}

fn add_up(i: u32, features: u32, distance: u32) {
    let pieces = features / PIECE;
    let f = i % pieces * PIECE;
    let across = parts_of(hyper.columns, distance, WIDE);
    let down = parts_of(hyper.rows, distance, TALL);
    let line = i / pieces / across;
    let grid = line / down;
    let first_row = part_begin(line % down, hyper.rows, distance, TALL);
    let first_column = part_begin(i / pieces % across, hyper.columns, distance, WIDE);
    // Sums along the two rows before this one.
    var above: array<Piece, WIDE>;
    var before: array<Piece, WIDE>;
    for (var step = 0u; step < TALL + 2u && (step < 2u || first_row + (step - 2u) * distance < hyper.rows); step++) {
        let row = first_row + step * distance - distance;
        var left = summand_at(place_at(grid, row, first_column - distance), f);
        var middle = summand_at(place_at(grid, row, first_column), f);
        for (var c = 0u; c < WIDE; c++) { // unrolled
            let column = first_column + c * distance;
            let right = summand_at(place_at(grid, row, column + distance), f);
            var along: Piece;
            var sum: Piece;
            for (var j = 0u; j < PIECE; j++) { // unrolled
                along[j] = left[j] + middle[j] + right[j];
                sum[j] = above[c][j] + before[c][j] + along[j];
            }
            if step >= 2u && column < hyper.columns {
                put(place_at(grid, row - distance, column), f, sum);
            }
            above[c] = before[c];
            before[c] = along;
            left = middle;
            middle = right;
        }
    }
}
