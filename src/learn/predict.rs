//! What a lab lets its readers guess before it shows its answer, if the link asks for that (`predict=1`).

use super::{Ask, Guess, Shows, Words};
use crate::labs::Lab;
use crate::scenario::Room;
use std::borrow::Cow::Borrowed;

/// What a format makes of a number, as the Formats lab reports it.
const KINDS: Guess = Guess::Choice(&[
    ("normal", "a number near it, or itself"),
    ("subnormal", "a subnormal number"),
    ("zero", "zero"),
    ("saturated", "its largest number"),
    ("overflowed", "infinity"),
]);

/// The question of a lab, whatever its inputs; nothing for the reader's own files.
#[must_use]
pub fn predict(room: Room) -> Option<Ask> {
    let (question, guess, answer) = match room {
        Room::Memory => ("How many GB does this take?", Guess::Number("GB", 1e9), "total_bytes"),
        Room::Scaling => {
            ("How many billion parameters go furthest?", Guess::Number("billion parameters", 1e9), "params")
        }
        Room::Formats => ("What becomes of the number in the first of these formats?", KINDS, "formats.0.kind"),
        Room::Quantize => ("How many dB of signal over error are left?", Guess::Number("dB", 1.0), "sqnr_db"),
        _ => return None,
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
