//! Players of the stage and of clips.

use crate::engine::{Engine, EngineError, Player};
use crate::spec::grid::Grid;
use crate::spec::rule::Rule;

/// Has a player hold a state; one that is of another size is made anew.
pub(super) fn set(
    player: &mut Option<Box<dyn Player>>,
    engine: &dyn Engine,
    rule: &Rule,
    state: &Grid,
    (seed, step): (u32, u32),
) -> Result<(), EngineError> {
    match player {
        Some(player) if player.size() == (state.height, state.width) => {
            player.set_grid(state)?;
            player.set_noise(seed, step);
        }
        _ => {
            let mut made = engine.player(rule, state, seed)?;
            made.set_noise(seed, step);
            *player = Some(made);
        }
    }
    Ok(())
}
