//! Clips of what the stage has shown.

use std::error::Error;
use std::sync::Arc;

use super::Stage;
use crate::files::stamp::{Stamp, VERSION, fingerprint};
use crate::session::clips::Writer;
use crate::session::command::{ClipOrder, Frames};
use crate::session::event::Event;
use crate::session::frames::Reel;
use crate::session::look::Overlay;
use crate::session::timeline::Moment;

impl Stage {
    /// Hands the states of a clip to a thread that writes it.
    pub(super) fn write_clip(&mut self, order: ClipOrder) -> Result<(), Box<dyn Error>> {
        if self.writer.as_ref().is_some_and(Writer::is_writing) {
            return Err("A clip is being written; wait for it, or cancel it.".into());
        }
        self.keep()?;
        let frames = match (order.frames, self.recording) {
            (Frames::Last(n), _) => self.timeline.last(n).count(),
            (Frames::Recorded, None) => return Err("Nothing is being recorded.".into()),
            (Frames::Recorded, Some(number)) => {
                let (moments, whole) = self.timeline.since(number);
                if !whole {
                    self.events.send(Event::Note(
                        "The recording's beginning is no longer in memory; the clip has what is left.".to_owned(),
                    ));
                }
                moments.len()
            }
        };
        // An overlay may show what came of the moments before.
        let lead = match order.overlay {
            None => 0,
            Some(Overlay::Field(_)) => 1,
            Some(Overlay::Activity | Overlay::Age) => {
                self.look.traced().map_or(0, |from| self.timeline.since(from).0.len().saturating_sub(frames))
            }
        };
        let moments: Vec<Moment> = self.timeline.last(frames + lead).cloned().collect();
        let lead = moments.len() - frames;
        let rules: Option<Vec<_>> = moments.iter().map(|moment| self.played.at(moment.rule)).collect();
        let (Some(first), Some(rules)) = (moments.get(lead), rules.filter(|rules| !rules.is_empty())) else {
            return Err("There is nothing to make a clip of yet.".into());
        };
        let lost = rules[lead..].iter().filter(|(_, itself)| !itself).count();
        if lost > 0 && matches!(order.overlay, Some(Overlay::Field(_))) {
            self.events.send(Event::Note(format!(
                "The rules of the first {lost} states are no longer in memory; the overlay is of the next one there."
            )));
        }
        // What follows on the first state was computed under the rule of the second.
        let rule = rules[(lead + 1).min(moments.len() - 1)].0;
        let stamp = Stamp {
            version: VERSION.to_owned(),
            seed: first.seed,
            step: first.step,
            greedy: self.greedy,
            update: rule.update,
            checkpoint: fingerprint(&rule.params),
            config: (*rule.config).clone(),
        };
        let rules = rules.into_iter().map(|(rule, _)| Arc::clone(rule)).collect();
        let reel = Reel { rules, moments, lead, greedy: self.greedy, engine: self.shared.engine };
        if order.frames == Frames::Recorded {
            self.recording = None;
        }
        self.changed = true;
        self.writer = Some(Writer::start(order, reel, stamp, self.events.another())?);
        Ok(())
    }
}
