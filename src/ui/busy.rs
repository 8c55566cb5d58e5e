//! `<body data-state>`: `busy` while something is computed or drawn, `ready` when nothing is.

use crate::platform::page;
use std::cell::{Cell, RefCell};

thread_local! {
    static PENDING: Cell<u32> = const { Cell::new(0) };
    static WAITING: RefCell<Vec<Box<dyn FnOnce()>>> = const { RefCell::new(Vec::new()) };
}

/// Something that is under way until this is dropped.
pub struct Busy(());

/// Marks something as under way.
#[must_use]
pub fn begin() -> Busy {
    let before = PENDING.replace(PENDING.get() + 1);
    if before == 0 {
        page::set_body_attribute("data-state", "busy");
    }
    Busy(())
}

impl Drop for Busy {
    fn drop(&mut self) {
        let left = PENDING.get().saturating_sub(1);
        PENDING.set(left);
        if left == 0 {
            page::set_body_attribute("data-state", "ready");
            for callback in WAITING.take() {
                callback();
            }
        }
    }
}

/// Calls back as soon as nothing is under way.
pub fn when_ready(callback: impl FnOnce() + 'static) {
    if PENDING.get() == 0 {
        callback();
    } else {
        WAITING.with_borrow_mut(|waiting| waiting.push(Box::new(callback)));
    }
}
