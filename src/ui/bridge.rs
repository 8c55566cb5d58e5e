//! Messages with the page that embeds this one; documented in `docs/embedding.md`.

use super::busy;
use super::state::State;
use crate::platform::host::{self, Value};
use crate::platform::page::{self, Timer};
use crate::scenario::Route;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};

const RESIZE_PAUSE_MS: i32 = 100;

/// Starts to listen and to tell, if the page stands in a frame.
pub fn start(state: State) {
    if !host::is_framed() {
        return;
    }
    host::listen(move |message| receive(state, message));
    busy::when_ready(|| host::send("bitbudget:ready", &[]));
    page::observe_body(|_, _| {
        thread_local! {
            static PAUSE: RefCell<Option<Timer>> = const { RefCell::new(None) };
            static TOLD: Cell<u32> = const { Cell::new(0) };
        }
        let tell = || {
            let height = page::content_height().ceil() as u32;
            if TOLD.replace(height) != height {
                host::send("bitbudget:resize", &[("height", Value::Number(height.into()))]);
            }
        };
        PAUSE.replace(Timer::after_ms(RESIZE_PAUSE_MS, tell));
    });
}

fn receive(state: State, message: host::Message) {
    match (message.kind.as_str(), message.scenario) {
        ("bitbudget:set", Some(scenario)) => {
            let (route, notices) = Route::read(&scenario);
            state.open(route, notices.iter().map(ToString::to_string).collect());
        }
        ("bitbudget:set", None) => send_error("bitbudget:set needs a scenario, such as \"#/memory?v=1\".".to_owned()),
        ("bitbudget:get", _) => reply(state),
        (kind, _) if kind.starts_with("bitbudget:") => send_error(format!("There is no message {kind}.")),
        _ => {} // Somebody else's message.
    }
}

/// Sends the report as soon as the computation for the present scenario is done.
fn reply(state: State) {
    match state.report() {
        Some(Ok(report)) => {
            let scenario = format!("#{}", untrack(|| state.route()).write());
            host::send("bitbudget:report", &[("scenario", Value::Text(&scenario)), ("report", Value::Json(&report))]);
        }
        Some(Err(why)) => send_error(why),
        // The job may not have begun yet: look again after this turn, and then when nothing is under way.
        None => {
            let again = Timer::after_ms(0, move || busy::when_ready(move || reply(state)));
            // A timer that is dropped is called off; this one is to run.
            std::mem::forget(again);
        }
    }
}

fn send_error(message: String) {
    host::send("bitbudget:error", &[("message", Value::Text(&message))]);
}

/// Tells the embedding page that this one has stopped.
pub fn send_crash() {
    send_error("Bitbudget stopped because of a mistake in it.".to_owned());
}
