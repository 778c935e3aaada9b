//! Mail between threads: bounded channels that neither side ever waits on, and slots that hold only the latest value.

use std::any::{Any, TypeId};
use std::collections::{HashMap, VecDeque};
use std::mem::discriminant;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, select_biased};

/// What may be done with a message that waits in a queue, and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trait {
    /// It makes an earlier one of its kind, next to it in the queue, needless.
    Folds,
    /// It may be lost when the reader has long stopped reading.
    MayDrop,
    /// It is no more than a look: a run on trial stays on trial.
    Looks,
}

/// What can be sent.
pub(super) trait Message: Sized {
    /// What is true of it.
    fn has(&self, of: Trait) -> bool;

    /// Whether it makes an earlier message, next to it in the queue, needless.
    fn replaces(&self, earlier: &Self) -> bool {
        self.has(Trait::Folds) && discriminant(self) == discriminant(earlier)
    }
}

/// Declares an enum of messages, each with its [`Trait`]s in brackets behind it.
macro_rules! messages {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$of:meta])* $variant:ident $(($($tuple:tt)*))? $({$($fields:tt)*})? [$($is:ident),*];)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub enum $name {
            $($(#[$of])* $variant $(($($tuple)*))? $({$($fields)*})?,)*
        }

        impl Message for $name {
            fn has(&self, of: Trait) -> bool {
                let all: &[Trait] = match self {
                    $(Self::$variant { .. } => &[$(Trait::$is),*],)*
                };
                all.contains(&of)
            }
        }
    };
}
pub(super) use messages;

/// Messages that wait for room in the channel before the oldest that may be lost is lost.
const WAITING: usize = 4096;

/// The sending end of a bounded channel, with a queue of what did not fit: sending never blocks.
pub(super) struct Post<T> {
    sender: Sender<T>,
    waiting: VecDeque<T>,
}

impl<T: Message> Post<T> {
    pub(super) fn new(sender: Sender<T>) -> Self {
        Self { sender, waiting: VecDeque::new() }
    }

    /// Another sender on the same channel, for another thread.
    pub(super) fn another(&self) -> Self {
        Self::new(self.sender.clone())
    }

    /// Sends, or queues behind what already waits.
    pub(super) fn send(&mut self, message: T) {
        if self.waiting.back().is_some_and(|earlier| message.replaces(earlier)) {
            self.waiting.pop_back();
        }
        self.waiting.push_back(message);
        if self.waiting.len() > WAITING
            && let Some(oldest) = self.waiting.iter().position(|message| message.has(Trait::MayDrop))
        {
            self.waiting.remove(oldest);
        }
        self.flush();
    }

    /// Messages that are on their way.
    pub(super) fn pending(&self) -> usize {
        self.sender.len() + self.waiting.len()
    }

    /// Hands over all that waits; waits for the reader.
    pub(super) fn finish(&mut self) {
        // Where the reader is gone, nobody misses it.
        self.waiting.drain(..).for_each(|message| drop(self.sender.send(message)));
    }

    /// Moves what waits into the channel, as far as there is room.
    pub(super) fn flush(&mut self) {
        while let Some(message) = self.waiting.pop_front() {
            match self.sender.try_send(message) {
                Ok(()) => {}
                Err(TrySendError::Full(message)) => {
                    self.waiting.push_front(message);
                    return;
                }
                Err(TrySendError::Disconnected(_)) => self.waiting.clear(),
            }
        }
    }
}

/// The receiving end: a worker's.
pub(super) struct Inbox<T> {
    pub(super) mail: Receiver<T>,
    /// Closed when the session ends; other workers may still write then.
    pub(super) end: Receiver<()>,
}

impl<T: Message> Inbox<T> {
    /// What has come, without what another message makes needless; waits a while for the first. `None` at the end.
    pub(super) fn take(&self, patience: Duration) -> Option<Vec<T>> {
        let first = select_biased! {
            recv(self.mail) -> message => Some(message.ok()?),
            recv(self.end) -> _ => return None,
            default(patience) => None,
        };
        Some(fold(first.into_iter().chain(self.mail.try_iter())))
    }
}

/// Leaves out each message that the one after it makes needless.
fn fold<T: Message>(messages: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for message in messages {
        if kept.last().is_some_and(|earlier| message.replaces(earlier)) {
            kept.pop();
        }
        kept.push(message);
    }
    kept
}

/// Holds the latest value of each type that one thread left for another.
#[derive(Debug, Default)]
pub(super) struct Latest(Mutex<HashMap<TypeId, Box<dyn Any + Send + Sync>>>);

impl Latest {
    fn lock(&self) -> MutexGuard<'_, HashMap<TypeId, Box<dyn Any + Send + Sync>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a value; one of its type that was not taken is lost.
    pub(super) fn put<T: Any + Send + Sync>(&self, value: T) {
        self.lock().insert(TypeId::of::<T>(), Box::new(value));
    }

    /// Takes the value of a type, if there is a new one.
    pub(super) fn take<T: Any>(&self) -> Option<T> {
        self.lock().remove(&TypeId::of::<T>())?.downcast().ok().map(|value| *value)
    }

    /// Takes all that is new.
    pub(super) fn take_all(&self) -> Vec<Box<dyn Any + Send + Sync>> {
        self.lock().drain().map(|(_, value)| value).collect()
    }

    /// Whether the last value of a type was taken.
    pub(super) fn lacks<T: Any>(&self) -> bool {
        !self.lock().contains_key(&TypeId::of::<T>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    messages! {
        #[derive(PartialEq)]
        Note {
            Set(u32) [Folds];
            Do [MayDrop];
        }
    }

    #[test]
    fn the_last_of_repeated_settings_wins_and_the_order_stays() {
        let notes = [Note::Set(1), Note::Set(2), Note::Do, Note::Set(3), Note::Do, Note::Do];
        assert_eq!(fold(notes), [Note::Set(2), Note::Do, Note::Set(3), Note::Do, Note::Do]);
    }

    #[test]
    fn a_full_channel_neither_blocks_nor_loses() {
        let (sender, receiver) = crossbeam_channel::bounded(2);
        let mut post = Post::new(sender);
        for i in 0..5 {
            post.send(Note::Do);
            post.send(Note::Set(i));
        }
        let mut got = Vec::new();
        while let Ok(note) = receiver.try_recv() {
            got.push(note);
            post.flush();
        }
        assert_eq!(got.len(), 10);
        assert_eq!(got[9], Note::Set(4));
    }

    #[test]
    fn a_reader_that_is_gone_costs_no_memory() {
        let (sender, receiver) = crossbeam_channel::bounded(1);
        let mut post = Post::new(sender);
        for i in 0..2 * WAITING as u32 {
            post.send(Note::Do);
            post.send(Note::Set(i));
        }
        assert!(post.waiting.len() <= 2 * WAITING);
        drop(receiver);
        post.flush();
        assert!(post.waiting.is_empty());
    }
}
