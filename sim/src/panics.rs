//! What a panic of the simulated code says, and where.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

thread_local! {
    /// What the last panic of this thread said, while somebody here waits for one.
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
    static IS_WAITING: RefCell<bool> = const { RefCell::new(false) };
}

/// Does something; a panic in it prints nothing and comes back as its message and the place it comes from. Other
/// threads panic as ever.
pub(crate) fn caught(work: impl FnOnce()) -> Result<(), String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if IS_WAITING.with_borrow(|waiting| *waiting) {
                LAST.set(Some(words(panic)));
            } else {
                before(panic);
            }
        }));
    });
    let was_waiting = IS_WAITING.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    IS_WAITING.set(was_waiting);
    outcome.map_err(|_| LAST.take().unwrap_or_else(|| "a panic without words".into()))
}

fn words(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let message = payload.downcast_ref::<String>().map(String::as_str);
    let message = message.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no words");
    match panic.location() {
        Some(place) => format!("{message}, at {}:{}", place.file(), place.line()),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_comes_back_with_its_words_and_its_place() {
        let said = caught(|| panic!("no such room: {}", 7)).unwrap_err();
        assert!(said.starts_with("no such room: 7, at sim/src/panics.rs:"), "{said}");
    }

    #[test]
    fn what_does_not_panic_says_nothing() {
        assert_eq!(caught(|| ()), Ok(()));
    }
}
