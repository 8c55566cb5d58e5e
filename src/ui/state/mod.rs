//! What the page knows, made once at the root: [`State`], its signals and links; `shown` what a lab shows and what is entered
//! into it; `asking` what the engine is asked for that; `learning` where a learner is in the story.

mod asking;
mod learning;
mod shown;

pub use learning::Learning;
pub use shown::{Entered, Shown, shown_figure, shown_part, shows};

use super::crew::Survey;
use crate::compute::protocol::Stage;
use crate::labs::{Pass, Question};
use crate::platform::page;
use crate::scenario::view::ThemeChoice;
use crate::scenario::{Room, Route, View};
use leptos::prelude::*;

/// Signals of the whole page. Scenarios change by controls and links only; all else follows from them.
#[derive(Clone, Copy)]
pub struct State {
    /// How the page looks and works.
    pub view: View,
    /// Where the reader is.
    pub room: RwSignal<Room>,
    /// Where the reader is in the story, what they guessed and learned.
    pub learning: RwSignal<Learning>,
    /// What a lab answers to its questions.
    pub learn_shown: RwSignal<Shown>,
    /// Inputs of the Memory lab.
    pub memory: RwSignal<Entered>,
    /// Inputs of the Scaling lab.
    pub scaling: RwSignal<Entered>,
    /// Inputs of the Formats lab.
    pub formats: RwSignal<Entered>,
    /// Inputs of the Quantize lab.
    pub quantize: RwSignal<Entered>,
    /// What the Memory lab shows.
    pub memory_shown: RwSignal<Shown>,
    /// The order of its table of all GPUs, once that was opened.
    pub memory_order: RwSignal<Option<String>>,
    /// What is pasted into it, until it is understood.
    pub memory_pasted: RwSignal<String>,
    /// What the Scaling lab shows.
    pub scaling_shown: RwSignal<Shown>,
    /// The reader's own runs.
    pub fit_runs: RwSignal<String>,
    /// What their fit minimises, once that was chosen.
    pub fit_loss: RwSignal<Option<String>>,
    /// What is shown of that fit.
    pub fit_shown: RwSignal<Shown>,
    /// Inputs of the Weights lab.
    pub weights: RwSignal<Entered>,
    /// What the Weights lab shows.
    pub weights_shown: RwSignal<Shown>,
    /// How often files were opened in it.
    pub weights_opened: RwSignal<u32>,
    /// Which rows of its table are in view.
    pub weights_rows: RwSignal<(u32, u32)>,
    /// Whether they are compared with others.
    pub weights_compared: RwSignal<bool>,
    /// What is to be done with all tensors of its files, until that has begun.
    pub weights_pass: RwSignal<Option<Pass>>,
    /// How many results of that have come in.
    pub weights_measured: RwSignal<u32>,
    /// How far that is.
    pub survey: RwSignal<Survey>,
    /// The order of that table, and what of its tree is folded.
    pub weights_order: RwSignal<Option<String>>,
    /// What the names in it must have in them.
    pub weights_filter: RwSignal<String>,
    /// What it shows.
    pub tensors_shown: RwSignal<Shown>,
    /// What the Formats lab shows.
    pub formats_shown: RwSignal<Shown>,
    /// The order of its table of all formats, once that was opened.
    pub formats_order: RwSignal<Option<String>>,
    /// The ends of its number line, while the number is dragged along it.
    pub formats_window: RwSignal<Option<(f64, f64)>>,
    /// What the Quantize lab shows.
    pub quantize_shown: RwSignal<Shown>,
    /// What it shows of all formats beside each other.
    pub compare_shown: RwSignal<Shown>,
    /// The order of their table, once that was opened.
    pub compare_order: RwSignal<Option<String>>,
    /// Where in its tensor it looks closer, once that was asked for.
    pub quantize_closer: RwSignal<Option<String>>,
    /// Which tensor of the Weights lab's files it is about, in place of a sample.
    pub quantize_tensor: RwSignal<Option<u32>>,
    /// What is ticked of a frame for the present room.
    pub embed: RwSignal<Entered>,
    /// Its size, once it was asked for.
    pub embed_size: RwSignal<Option<String>>,
    /// What is written for it.
    pub embed_shown: RwSignal<Shown>,
    /// The file that is being made, of whichever lab: how far that is, or why it is not.
    pub file_shown: RwSignal<Shown>,
    /// What the engine works on, what it does for it, and the share that is done. Apart from what is shown, all of which would be
    /// looked through each time.
    pub working: RwSignal<Option<(RwSignal<Shown>, Stage, f64)>>,
    /// What pictures that share a quantity are pointed at.
    pub pointed: RwSignal<Option<f64>>,
    /// The picture that the reader points at: the only one that says so aloud.
    pub pointing: RwSignal<&'static str>,
    /// What in the link was not understood.
    pub notices: RwSignal<Vec<String>>,
    /// The reader's choice of colours.
    pub theme: RwSignal<ThemeChoice>,
    /// Whether the colours are dark.
    pub dark: Memo<bool>,
}

impl State {
    /// Makes the state from the address.
    pub fn from_address() -> Self {
        let (view, mut notices) = View::read(&page::query());
        let (route, more) = view.route(&page::hash());
        notices.extend(more);
        let stored = || page::stored(THEME_KEY).and_then(|id| ThemeChoice::from_id(&id));
        let theme = match view.theme {
            ThemeChoice::Auto if !view.embed => stored().unwrap_or_default(),
            chosen => chosen,
        };
        let theme = RwSignal::new(theme);
        let system_dark = RwSignal::new(false);
        system_dark.set(page::watch_media("(prefers-color-scheme: dark)", move |dark| system_dark.set(dark)));
        let dark = Memo::new(move |_| match theme.get() {
            ThemeChoice::Auto => system_dark.get(),
            theme => theme == ThemeChoice::Dark,
        });

        let state = Self {
            view,
            room: RwSignal::new(Room::Home),
            learning: RwSignal::new(Learning::default()),
            learn_shown: RwSignal::new(Shown::default()),
            memory: RwSignal::new(Entered::default()),
            scaling: RwSignal::new(Entered::default()),
            formats: RwSignal::new(Entered::default()),
            quantize: RwSignal::new(Entered::default()),
            memory_shown: RwSignal::new(Shown::default()),
            memory_order: RwSignal::new(None),
            memory_pasted: RwSignal::new(String::new()),
            scaling_shown: RwSignal::new(Shown::default()),
            fit_runs: RwSignal::new(String::new()),
            fit_loss: RwSignal::new(None),
            fit_shown: RwSignal::new(Shown::default()),
            weights: RwSignal::new(Entered::default()),
            weights_shown: RwSignal::new(Shown::default()),
            weights_opened: RwSignal::new(0),
            weights_compared: RwSignal::new(false),
            weights_rows: RwSignal::new((0, 60)),
            weights_pass: RwSignal::new(None),
            weights_measured: RwSignal::new(0),
            survey: RwSignal::new(Survey::default()),
            weights_order: RwSignal::new(None),
            weights_filter: RwSignal::new(String::new()),
            tensors_shown: RwSignal::new(Shown::default()),
            formats_shown: RwSignal::new(Shown::default()),
            formats_order: RwSignal::new(None),
            formats_window: RwSignal::new(None),
            quantize_shown: RwSignal::new(Shown::default()),
            compare_shown: RwSignal::new(Shown::default()),
            compare_order: RwSignal::new(None),
            quantize_closer: RwSignal::new(None),
            quantize_tensor: RwSignal::new(None),
            embed: RwSignal::new(Entered::default()),
            embed_size: RwSignal::new(None),
            embed_shown: RwSignal::new(Shown::default()),
            file_shown: RwSignal::new(Shown::default()),
            working: RwSignal::new(None),
            pointed: RwSignal::new(None),
            pointing: RwSignal::new(""),
            notices: RwSignal::new(Vec::new()),
            theme,
            dark,
        };
        state.open(route, notices.iter().map(ToString::to_string).collect());
        state
    }

    /// Goes where a link leads.
    pub fn open(&self, route: Route, notices: Vec<String>) {
        set_if_new(self.room, route.room());
        match route {
            Route::Home => {}
            Route::Learn(scenario) => self.turn_to(scenario),
            Route::Memory(keys) => set_if_new(self.memory, Entered { keys, ..Entered::default() }),
            Route::Scaling(keys) => set_if_new(self.scaling, Entered { keys, ..Entered::default() }),
            Route::Formats(keys) => set_if_new(self.formats, Entered { keys, ..Entered::default() }),
            Route::Quantize(keys) => set_if_new(self.quantize, Entered { keys, ..Entered::default() }),
            Route::Weights(keys) => set_if_new(self.weights, Entered { keys, ..Entered::default() }),
        }
        self.notices.set(notices);
    }

    /// Puts texts into controls, unless one of them cannot be changed here.
    pub fn put(&self, entered: RwSignal<Entered>, changes: &[(String, String)]) {
        if !changes.iter().any(|change| self.view.locks(&change.0)) {
            entered.update(|entered| changes.iter().for_each(|(name, text)| entered.put(name, text)));
        }
    }

    /// The link to a room as it is now.
    pub fn route_to(&self, room: Room) -> Route {
        match room {
            Room::Home => Route::Home,
            Room::Learn => Route::Learn(self.learn_at()),
            Room::Memory => Route::Memory(self.memory.with(|entered| entered.keys.clone())),
            Room::Scaling => Route::Scaling(self.scaling.with(|entered| entered.keys.clone())),
            Room::Formats => Route::Formats(self.formats.with(|entered| entered.keys.clone())),
            Room::Quantize => Route::Quantize(self.quantize.with(|entered| entered.keys.clone())),
            Room::Weights => Route::Weights(self.weights.with(|entered| entered.keys.clone())),
        }
    }

    /// The link to where the reader is.
    pub fn route(&self) -> Route {
        self.route_to(self.room.get())
    }

    /// The same for a reader who leaves, maybe before the engine has read the last change.
    pub fn route_left(&self) -> Route {
        let all = |entered: RwSignal<Entered>, shown: RwSignal<Shown>| {
            shown.with(|shown| entered.with(|entered| entered.with_changes(&shown.view.inputs.problems)))
        };
        match self.room.get() {
            Room::Memory => Route::Memory(all(self.memory, self.memory_shown)),
            Room::Scaling => Route::Scaling(all(self.scaling, self.scaling_shown)),
            Room::Formats => Route::Formats(all(self.formats, self.formats_shown)),
            Room::Quantize => Route::Quantize(all(self.quantize, self.quantize_shown)),
            Room::Weights => Route::Weights(all(self.weights, self.weights_shown)),
            room => self.route_to(room),
        }
    }

    /// The whole address of that.
    pub fn link(&self) -> String {
        let written = |shown: RwSignal<Shown>, question: Question| {
            let is_read = shown.with(|shown| shown.settled.as_ref() == Some(&question));
            if is_read { shown.with(|shown| shown.view.inputs.keys.clone()) } else { question.keys }
        };
        let route = match self.room.get() {
            Room::Memory => Route::Memory(written(self.memory_shown, self.memory_question())),
            Room::Scaling => Route::Scaling(written(self.scaling_shown, self.scaling_question())),
            Room::Formats => Route::Formats(written(self.formats_shown, self.formats_question())),
            Room::Quantize => Route::Quantize(written(self.quantize_shown, self.quantize_question())),
            Room::Weights => Route::Weights(written(self.weights_shown, self.weights_question())),
            room => self.route_to(room),
        };
        format!("{}#{}", page::base_url(), route.write())
    }
}

/// Where the reader's choice of colours is kept.
pub const THEME_KEY: &str = "bitbudget.theme";

fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|now| *now != value) {
        signal.set(value);
    }
}
