//! What a lab lets its readers guess before it shows its answer, if the link asks for that (`predict=1`).

use super::{Ask, Guess, Shows, Words};
use crate::labs::{Lab, Pairs};
use crate::scenario::Room;
use std::borrow::Cow::Borrowed;

/// What a format makes of a number, as the Formats lab reports it.
const KINDS: Guess = Guess::Choice(&[
    ("normal", "a number near it, or itself"),
    ("subnormal", "a subnormal number"),
    ("zero", "zero"),
    ("saturated", "its largest number"),
    ("overflowed", "infinity or NaN: it overflows"),
    ("infinity", "infinity, as it was"),
    ("nan", "NaN, as it was"),
    ("no_code", "nothing: there is no code for it"),
]);

/// The question of a lab with these inputs; nothing for the reader's own files.
#[must_use]
pub fn predict(room: Room, keys: &Pairs) -> Option<Ask> {
    let is = |name: &str, value: &str| keys.iter().any(|key| key.0 == name && (key.1 == value || value.is_empty()));
    let billions = |unit| Guess::Number(unit, 1e9);
    let (question, guess, answer) = match room {
        Room::Memory => ("How many GB does this take?", billions("GB"), "total_bytes"),
        // Two quantities that are known leave no split to guess.
        Room::Scaling if is("also", "") => ("What loss does it come to?", Guess::Number("nats", 1.0), "loss_nats"),
        Room::Scaling if is("given", "params") => {
            ("How many billion tokens go with it?", billions("billion tokens"), "tokens")
        }
        Room::Scaling => ("How many billion parameters go furthest?", billions("billion parameters"), "params"),
        Room::Formats => ("What becomes of the number in the first of these formats?", KINDS, "formats.0.kind"),
        Room::Quantize => ("How many dB of signal over error are left?", Guess::Number("dB", 1.0), "sqnr_db"),
        Room::Home | Room::Learn | Room::Weights => return None,
    };
    let nothing: Words = Borrowed("");
    Some(Ask {
        question: Borrowed(question),
        guess,
        answer,
        shows: Shows { lab: Lab::default(), link: nothing.clone(), figure: 0 },
        why: nothing.clone(),
        changes: &[],
        takeaway: nothing,
        back: None,
    })
}
