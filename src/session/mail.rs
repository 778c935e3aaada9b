//! Mail between threads: bounded channels that neither side ever waits on, and slots that hold only the latest value.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crossbeam_channel::{Sender, TrySendError};

/// What may be done with a message that waits in a queue.
pub(super) trait Message {
    /// Whether it makes an earlier message, next to it in the queue, needless.
    fn replaces(&self, earlier: &Self) -> bool;

    /// Whether it may be lost when the reader has long stopped reading.
    fn may_drop(&self) -> bool;
}

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
            && let Some(oldest) = self.waiting.iter().position(Message::may_drop)
        {
            self.waiting.remove(oldest);
        }
        self.flush();
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

/// Leaves out each message that the one after it makes needless.
pub(super) fn fold<T: Message>(messages: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for message in messages {
        if kept.last().is_some_and(|earlier| message.replaces(earlier)) {
            kept.pop();
        }
        kept.push(message);
    }
    kept
}

/// Holds the latest value that one thread left for another.
#[derive(Debug)]
pub struct Slot<T>(Mutex<Option<T>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Slot<T> {
    /// Leaves a value; one that was not taken is lost.
    pub fn put(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    /// Takes the value, if there is a new one.
    pub fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether the last value was taken.
    pub fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Clone)]
    enum Note {
        Set(u32),
        Do,
    }

    impl Message for Note {
        fn replaces(&self, earlier: &Self) -> bool {
            matches!((self, earlier), (Self::Set(_), Self::Set(_)))
        }
        fn may_drop(&self) -> bool {
            *self == Self::Do
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
