//! What somebody may do to the audit trail who can write the store, for tests.
//!
//! Not here: what is done through the methods of everybody. Invariant: nothing that covers what
//! was changed follows the change.

use crate::state::error::StoreError;
use crate::state::store::Store;

impl Store {
    /// Flips a bit in a record of the audit trail, which must be there.
    pub fn tamper_with_record(&mut self, sequence: u64) -> Result<(), StoreError> {
        let (events, key) = (&self.database.events, sequence.to_be_bytes());
        let record = events.get(key).expect("a store in order").expect("a record of that number");
        let mut bytes = record.to_vec();
        *bytes.last_mut().expect("a record says something") ^= 1;
        events.insert(key, bytes).expect("a store in order");
        self.sync()
    }
}
