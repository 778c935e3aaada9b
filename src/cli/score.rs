//! `primordia score`: every reward term on a clip, in f64 on the processor.

use std::path::PathBuf;

use clap::ValueEnum;
use primordia::files::clip::read_clip;
use primordia::files::{Colours, pattern};
use primordia::spec::config::{Directions, Term};
use primordia::spec::grid::{Boundary, Grid, MIN_SIDE};
use primordia::spec::reward;

use super::{CliError, print};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A clip of at most ten colours, ours or others: an animation, a folder of PNGs or an NPY
    clip: PathBuf,
    /// The directions in which a block can shift; a clip does not name its run's
    #[arg(long, value_name = "4|8", default_value = "4", value_parser = ["4", "8"])]
    directions: String,
    /// What lies beyond the edge; a clip does not name its run's boundary
    #[arg(long, value_enum, default_value_t = Edge::Bounded)]
    boundary: Edge,
    /// The picture that the term `target` compares with [default: none, and the term is left out]
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Edge {
    /// Blocks and their targets lie inside
    Bounded,
    /// The edges meet
    Torus,
}

pub fn run(args: &Args) -> Result<(), CliError> {
    let states = read_clip(&args.clip)?;
    let (height, width) = states.first().map_or((0, 0), |grid| (grid.height, grid.width));
    let refused = |problem: String| Err(CliError::Input(format!("`{}` {problem}", args.clip.display())));
    if states.len() < 2 {
        return refused("has one state; a transition has two".to_owned());
    }
    if height.min(width) < MIN_SIDE {
        return refused(format!("is {height}×{width} cells large; a side has at least {MIN_SIDE}"));
    }
    let target = match &args.target {
        Some(path) => Some(pattern::open(path, Colours::Exact)?.centred(height, width)),
        None => None,
    };
    let directions = if args.directions == "8" { Directions::Eight } else { Directions::Four };
    let boundary = match args.boundary {
        Edge::Bounded => Boundary::Bounded,
        Edge::Torus => Boundary::Torus,
    };

    let means = means(&states, directions, boundary, target.as_ref());
    let (rows, columns) = reward::block_positions(height, width, boundary);
    let (transitions, positions) = (states.len() - 1, rows * columns);
    if args.json {
        let terms: serde_json::Map<_, _> =
            means.into_iter().map(|(term, mean)| (term.name().into(), mean.into())).collect();
        print(&serde_json::json!({ "transitions": transitions, "positions": positions, "terms": terms }).to_string())
    } else {
        let table = means.iter().map(|(term, mean)| format!("\n{:<10} {mean:>9.5}", term.name()));
        print(&format!("{transitions} transitions, {positions} positions{}", table.collect::<String>()))
    }
}

/// Each term's mean over transitions and positions; `Target` only with a target.
fn means(states: &[Grid], directions: Directions, boundary: Boundary, target: Option<&Grid>) -> Vec<(Term, f64)> {
    let mut sums = Term::ALL.map(|term| (term, 0.0));
    for pair in states.windows(2) {
        let maps = reward::maps(&pair[0], &pair[1], directions, boundary, target);
        for (term, sum) in &mut sums {
            *sum += maps.mean(*term);
        }
    }
    let transitions = (states.len() - 1) as f64;
    let known = sums.into_iter().filter(|(term, _)| *term != Term::Target || target.is_some());
    known.map(|(term, sum)| (term, sum / transitions)).collect()
}
