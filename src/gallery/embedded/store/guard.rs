//! Converts panics of sled to errors. sled panics on some damaged files.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::error::StoreError;

thread_local! {
    /// Whether this thread is inside a sled call.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Calls sled. A panic in it becomes an error, and is not printed.
///
/// # Errors
/// - The errors of `work`.
/// - [`StoreError::Corrupt`] if sled panics.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_GUARDED.get() {
                others(info);
            }
        }));
    });
    let before = IS_GUARDED.replace(true);
    // The state after a panic is not used: the error ends the work with the store.
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    IS_GUARDED.set(before);
    let makes_no_sense =
        |_| Err(StoreError::Corrupt { what: "its database makes no sense".into() });
    result.unwrap_or_else(makes_no_sense)
}
