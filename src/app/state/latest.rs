//! The latest of each kind of thing that the session shows again and again.

use std::any::{Any, TypeId};
use std::collections::HashMap;

/// The latest value of each type, and how many of that type have come: a view that knows the number of what it drew
/// knows whether there is another.
#[derive(Debug, Default)]
pub struct Latest(HashMap<TypeId, (u64, Box<dyn Any + Send + Sync>)>);

impl Latest {
    /// Takes a value in.
    pub fn put(&mut self, value: Box<dyn Any + Send + Sync>) {
        let of = (*value).type_id();
        let number = self.0.get(&of).map_or(0, |(number, _)| *number) + 1;
        self.0.insert(of, (number, value));
    }

    /// The latest one.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.1.downcast_ref()
    }

    /// How many have come.
    pub fn number<T: Any>(&self) -> u64 {
        self.0.get(&TypeId::of::<T>()).map_or(0, |(number, _)| *number)
    }
}
