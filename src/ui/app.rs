//! The page's frame: header, rooms, footer; addresses and themes.

use super::components::{Button, RoomLink};
use super::dynamic::{dynamic, effect, text};
use super::labs::{FormatsLab, Home, Learn, MemoryLab, QuantizeLab, ScalingLab, WeightsLab, keep_cards};
use super::state::{State, THEME_KEY};
use super::{bridge, busy};
use crate::labs::FOLDED;
use crate::platform::page::{self, Timer};
use crate::scenario::view::ThemeChoice;
use crate::scenario::{Room, View};
use leptos::mount::mount_to;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};

/// The address is written at most this often: Safari refuses more than 100 changes in 30 s.
const WRITE_PAUSE_MS: i32 = 400;

/// Fills the slots of `index.html`.
pub fn start() {
    let starting = busy::begin();
    page::unfold_when_opened(FOLDED);
    let owner = Owner::new();
    let state = owner.with(State::from_address);
    std::mem::forget(owner); // the state is the page's for as long as it lives
    page::lock(state.view.lock);
    if state.view.embed {
        page::remove(".header");
        page::remove(".footer");
    } else {
        mount("header-slot", state, || view! { <Header/> }.into_any());
    }
    mount("notices-slot", state, || view! { <Notices/> }.into_any());
    keep_cards();
    mount("room-slot", state, || view! { <Rooms/> }.into_any());
    // Effects run after this turn; figures then mark themselves as under way before the next frame.
    page::next_frame(move || drop(starting));
}

fn mount(slot: &str, state: State, view: fn() -> AnyView) {
    let Some(slot) = page::take_slot(slot) else { return };
    mount_to(slot, move || {
        provide_context(state);
        view()
    })
    .forget();
}

/// Tells whoever embeds the page that it has stopped.
pub fn crashed() {
    page::show_crash();
    bridge::send_crash();
}

#[component]
fn Rooms() -> impl IntoView {
    let state = expect_context::<State>();
    follow_address(state);
    bridge::start(state);
    effect(move || {
        let theme = state.theme.get();
        page::set_root_attribute("data-theme", theme.id());
        page::set_zoom(View { theme, ..state.view }.zoom());
    });
    effect(move || {
        let room = state.room.get();
        page::set_root_attribute("data-view", if room == Room::Home { "home" } else { "room" });
        page::set_title(&match room {
            Room::Home => "Bitbudget: what a language model costs".to_owned(),
            room => format!("{} – Bitbudget", room.name()),
        });
    });
    // On a phone the controls push the answer out of sight; it is repeated where it stays in view.
    let answer = text(move || state.answer(state.room.get()));
    let room = dynamic(move || match state.room.get() {
        Room::Home => view! { <Home/> }.into_any(),
        Room::Learn => view! { <Learn/> }.into_any(),
        Room::Memory => view! { <MemoryLab/> }.into_any(),
        Room::Scaling => view! { <ScalingLab/> }.into_any(),
        Room::Formats => view! { <FormatsLab/> }.into_any(),
        Room::Quantize => view! { <QuantizeLab/> }.into_any(),
        Room::Weights => view! { <WeightsLab/> }.into_any(),
    });
    view! {
        <p class="answer-bar" aria-hidden="true">{answer}</p>
        {room}
    }
}

/// Reads the address when it changes, and writes it when the inputs do; an embedded page never writes.
fn follow_address(state: State) {
    note_address();
    page::on_hash_change(move || {
        note_address();
        let before = state.room.get_untracked();
        let (route, notices) = state.view.route(&page::hash());
        let moved = route.room() != before;
        state.open(route, notices.iter().map(ToString::to_string).collect());
        if moved {
            page::scroll_to_top();
            page::focus("main");
        }
    });
    if state.view.embed {
        return;
    }
    let opened = Cell::new(false);
    effect(move || {
        let link = state.route().write();
        // The link that the page was opened with stays as it is until something changes.
        if opened.replace(true) {
            PAUSE.replace(Timer::after_ms(WRITE_PAUSE_MS, move || write(&link)));
        }
    });
}

thread_local! {
    static PAUSE: RefCell<Option<Timer>> = const { RefCell::new(None) };
    /// The text after `#` as it was last read or written here.
    static ADDRESS: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Writes the address now, when the reader leaves the room, so that the way back leads to what was there last.
pub fn write_address(state: State) {
    if !state.view.embed {
        PAUSE.take();
        write(&untrack(|| state.route_left()).write());
    }
}

/// Writes a link into the address, unless the reader has just gone elsewhere: the event that tells of it comes later, and finds what
/// stands in the address then.
fn write(link: &str) {
    if ADDRESS.with_borrow(|known| *known == page::hash()) {
        page::replace_hash(link);
        note_address();
    }
}

fn note_address() {
    ADDRESS.set(page::hash());
}

#[component]
fn Header() -> impl IntoView {
    let state = expect_context::<State>();
    let theme = state.theme;
    let choose = move |event| {
        if let Some(choice) = ThemeChoice::from_id(&event_target_value(&event)) {
            theme.set(choice);
            page::store(THEME_KEY, choice.id());
        }
    };
    view! {
        <header class="header">
            <a class="skip-link" href="#main" on:click=move |event| {
                event.prevent_default();
                page::focus("main");
            }>"Skip to content"</a>
            <a class="brand" href="#/" on:click=move |_| write_address(state)>"Bitbudget"</a>
            <nav class="nav" aria-label="Rooms">
                {Room::ALL[1..]
                    .iter()
                    .copied()
                    .map(|room| view! { <RoomLink room text=room.name()/> })
                    .collect_view()}
            </nav>
            <div class="theme">
                <label class="visually-hidden" for="theme">"Colours"</label>
                <select class="select select--small" id="theme" on:change=choose>
                    {ThemeChoice::ALL
                        .into_iter()
                        .map(|choice| {
                            view! { <option value=choice.id() selected=theme.get_untracked() == choice>{choice.name()}</option> }
                        })
                        .collect_view()}
                </select>
            </div>
        </header>
    }
}

/// What in the link was not understood.
#[component]
fn Notices() -> impl IntoView {
    let notices = expect_context::<State>().notices;
    let dismiss = Callback::new(move |()| {
        notices.set(Vec::new());
        page::focus("main");
    });
    let shown = dynamic(move || {
        let notices = notices.get();
        if notices.is_empty() {
            return ().into_any();
        }
        let items = notices.into_iter().map(|text| view! { <li>{text}</li> }).collect_view();
        view! {
            <div class="notice" id="notices">
                <ul>{items}</ul>
                <Button press=dismiss>"Dismiss"</Button>
            </div>
        }
        .into_any()
    });
    view! { <div role="status" class="notices">{shown}</div> }
}
