//! A value that may panic when it goes: sled syncs once more when it is closed, and gives up
//! where that fails.
//!
//! Not here: what is acknowledged, which is on the disk long before. Invariant: closing a store
//! ends nothing but the store.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A value, there until it is dropped.
pub(super) struct Closing<T>(Option<T>);

impl<T> Closing<T> {
    /// Takes a value over.
    pub(super) fn new(value: T) -> Closing<T> {
        Closing(Some(value))
    }
}

impl<T> Deref for Closing<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("it is taken by its drop alone")
    }
}

impl<T> Drop for Closing<T> {
    fn drop(&mut self) {
        let value = self.0.take();
        // Nobody can be told any more, and nobody was promised anything.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
    }
}

#[cfg(test)]
mod tests {
    use super::Closing;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("at its end");
        }
    }

    #[test]
    fn what_panics_at_its_end_goes_quietly() {
        drop(Closing::new(Bomb));
        assert_eq!(*Closing::new(7), 7);
    }
}
