//! What the page knows, made once at the root.

use super::busy::{self, Busy};
use super::client::{self, Event};
use super::dynamic::condition;
use crate::answers;
use crate::compute::protocol::Stage;
use crate::labs::form::Inputs;
use crate::labs::{FigureData, File, Lab, Pairs, Part, Question, View as LabView};
use crate::platform::page;
use crate::scenario::view::ThemeChoice;
use crate::scenario::{FormatsScenario, QuantizeScenario, Room, Route, View};
use leptos::prelude::*;
use std::cell::RefCell;

/// What a lab of the engine shows, and what it is busy with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// The last view that had an answer.
    pub view: LabView,
    /// The last question that was answered or has no answer, so that it is not asked again.
    pub settled: Option<Question>,
    /// Why it has none; empty if it has.
    pub problem: String,
    /// What is being done, and its share.
    pub progress: Option<(Stage, f64)>,
}

/// A lab's inputs, where only the engine knows what they mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entered {
    /// Those that are not the default, as in a link.
    pub keys: Pairs,
    /// What was put into controls since, and is refused or not read yet.
    pub changes: Pairs,
}

impl Entered {
    /// Puts text into the control of a key.
    pub fn put(&mut self, name: &str, text: &str) {
        self.changes.retain(|change| change.0 != name);
        self.changes.push((name.to_owned(), text.to_owned()));
    }

    /// The keys with what was put into controls and is not read yet, but not what is known to be refused.
    fn with_changes(&self, refused: &Pairs) -> Pairs {
        let mut all = Self { changes: self.keys.clone(), ..Self::default() };
        for (name, text) in &self.changes {
            if !refused.iter().any(|problem| problem.0 == *name) {
                all.put(name, text);
            }
        }
        all.changes
    }
}

/// Whether there is anything to show.
pub fn shows(shown: RwSignal<Shown>) -> Memo<bool> {
    condition(move || shown.with(|shown| shown.view.is_answer()))
}

/// One part of what a lab shows.
pub fn shown_part(shown: RwSignal<Shown>, part: Part) -> Signal<String> {
    Signal::derive(move || shown.with(|shown| shown.view.part(part).to_owned()))
}

/// One of its pictures.
pub fn shown_figure(shown: RwSignal<Shown>, place: usize) -> Signal<Option<FigureData>> {
    Signal::derive(move || {
        shown.with(|shown| shown.view.figures.get(place).filter(|figure| !figure.title.is_empty()).cloned())
    })
}

/// Signals of the whole page. Scenarios change by controls and links only; all else follows from them.
#[derive(Clone, Copy)]
pub struct State {
    /// How the page looks and works.
    pub view: View,
    /// Where the reader is.
    pub room: RwSignal<Room>,
    /// Inputs of the Memory lab.
    pub memory: RwSignal<Entered>,
    /// Inputs of the Scaling lab.
    pub scaling: RwSignal<Entered>,
    /// Inputs of the Formats lab.
    pub formats: RwSignal<FormatsScenario>,
    /// Inputs of the Quantize lab.
    pub quantize: RwSignal<QuantizeScenario>,
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
        let (route, more) = Route::read(&page::hash());
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
            ThemeChoice::Light => false,
            ThemeChoice::Dark => true,
        });

        let state = Self {
            view,
            room: RwSignal::new(Room::Home),
            memory: RwSignal::new(Entered::default()),
            scaling: RwSignal::new(Entered::default()),
            formats: RwSignal::new(FormatsScenario::default()),
            quantize: RwSignal::new(QuantizeScenario::default()),
            memory_shown: RwSignal::new(Shown::default()),
            memory_order: RwSignal::new(None),
            memory_pasted: RwSignal::new(String::new()),
            scaling_shown: RwSignal::new(Shown::default()),
            fit_runs: RwSignal::new(String::new()),
            fit_loss: RwSignal::new(None),
            fit_shown: RwSignal::new(Shown::default()),
            formats_shown: RwSignal::new(Shown::default()),
            formats_order: RwSignal::new(None),
            formats_window: RwSignal::new(None),
            quantize_shown: RwSignal::new(Shown::default()),
            compare_shown: RwSignal::new(Shown::default()),
            compare_order: RwSignal::new(None),
            quantize_closer: RwSignal::new(None),
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
            Route::Memory(keys) => set_if_new(self.memory, Entered { keys, ..Entered::default() }),
            Route::Scaling(keys) => set_if_new(self.scaling, Entered { keys, ..Entered::default() }),
            Route::Formats(scenario) => set_if_new(self.formats, scenario),
            Route::Quantize(scenario) => set_if_new(self.quantize, scenario),
        }
        self.notices.set(notices);
    }

    /// The link to a room as it is now.
    pub fn route_to(&self, room: Room) -> Route {
        match room {
            Room::Home => Route::Home,
            Room::Memory => Route::Memory(self.memory.with(|entered| entered.keys.clone())),
            Room::Scaling => Route::Scaling(self.scaling.with(|entered| entered.keys.clone())),
            Room::Formats => Route::Formats(self.formats.get()),
            Room::Quantize => Route::Quantize(self.quantize.get()),
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
            room => self.route_to(room),
        };
        format!("{}#{}", page::base_url(), route.write())
    }

    /// What the Memory lab is asked now.
    fn memory_question(&self) -> Question {
        let Entered { keys, changes } = self.memory.get();
        let (typed, order) = (self.memory_pasted.get(), self.memory_order.get());
        Question { lab: Lab::Memory, keys, changes, typed, order, ..Question::default() }
    }

    /// What the Scaling lab is asked now.
    fn scaling_question(&self) -> Question {
        let Entered { keys, changes } = self.scaling.get();
        Question { lab: Lab::Scaling, keys, changes, ..Question::default() }
    }

    /// What the Formats lab is asked now.
    fn formats_question(&self) -> Question {
        let (keys, typed) = self.formats.with(|scenario| (scenario.keys(), scenario.x.clone()));
        let (order, window) = (self.formats_order.get(), self.formats_window.get());
        Question { lab: Lab::Formats, keys, typed, order, window, ..Question::default() }
    }

    /// What the Quantize lab is asked now.
    fn quantize_question(&self) -> Question {
        let keys = self.quantize.with(QuantizeScenario::keys);
        Question { lab: Lab::Quantize, keys, closer: self.quantize_closer.get(), ..Question::default() }
    }

    /// Asks the engine what the Memory lab shows.
    pub fn ask_memory(&self) {
        self.ask(self.memory_shown, self.memory_question());
    }

    /// Asks the engine what the Scaling lab shows.
    pub fn ask_scaling(&self) {
        self.ask(self.scaling_shown, self.scaling_question());
    }

    /// What the reader's own runs are asked.
    fn fit_question(&self) -> Question {
        let (typed, order) = (self.fit_runs.get(), self.fit_loss.get());
        Question { lab: Lab::Fit, typed, order, ..Question::default() }
    }

    /// Asks the engine for a law of the reader's own runs, if there are any, and once it has nothing else to do.
    pub fn ask_fit(&self) {
        let (question, lab) = (self.fit_question(), self.scaling_question());
        if question.typed.trim().is_empty() {
            self.fit_shown.set(Shown::default());
        } else if self.scaling_shown.with(|shown| shown.settled.as_ref() == Some(&lab)) {
            self.ask(self.fit_shown, question);
        }
    }

    /// Asks the engine what the Formats lab shows.
    pub fn ask_formats(&self) {
        self.ask(self.formats_shown, self.formats_question());
    }

    /// Asks the engine what the Quantize lab shows.
    pub fn ask_quantize(&self) {
        self.ask(self.quantize_shown, self.quantize_question());
    }

    /// Asks the engine to compare all formats, if that is wanted, and once it has nothing else to do.
    pub fn ask_compare(&self) {
        let Some(order) = self.compare_order.get() else { return };
        let question = self.quantize_question();
        if self.quantize_shown.with(|shown| shown.settled.as_ref() == Some(&question)) {
            self.ask(self.compare_shown, Question { lab: Lab::Compare, order: Some(order), closer: None, ..question });
        }
    }

    /// Asks the engine for a file of the Quantize lab's tensor, and offers it; says whether it had nothing else to do.
    pub fn ask_file(&self, file: File) -> bool {
        let question = untrack(|| self.quantize_question());
        let is_busy = |shown: RwSignal<Shown>| shown.with_untracked(|shown| shown.progress.is_some());
        let is_settled = self.quantize_shown.with_untracked(|shown| shown.settled.as_ref() == Some(&question));
        // The engine does one thing at a time, and the newest takes the place of the one before.
        if !is_settled || is_busy(self.compare_shown) {
            return false;
        }
        let shown = self.quantize_shown;
        RUNNING.replace(Some(busy::begin()));
        client::submit(Question { file: Some(file), ..question }, self.view.compute, move |event| {
            match event {
                Event::Progress(..) | Event::Preview(_) => return,
                Event::File(name, content) => page::download_blob(&name, &content),
                Event::Answer(_) => {}
                Event::NoWorker(why) => shown.update(|shown| shown.problem = no_worker(&why)),
            }
            RUNNING.take();
        });
        true
    }

    fn ask(&self, shown: RwSignal<Shown>, question: Question) {
        if shown.with_untracked(|shown| shown.settled.as_ref() == Some(&question)) {
            client::withdraw();
            RUNNING.take();
            shown.update(|shown| shown.progress = None);
            return;
        }
        RUNNING.replace(Some(busy::begin()));
        shown.update(|shown| shown.progress = Some((Stage::Drawing, 0.0)));
        let asked = question.clone();
        let state = *self;
        client::submit(question, self.view.compute, move |event| {
            match event {
                Event::Progress(stage, share) => {
                    shown.update(|shown| shown.progress = Some((stage, share)));
                    return;
                }
                // The newest setting, but of a part: the question is not settled.
                Event::Preview(view) => {
                    shown.update(|shown| (shown.view, shown.problem) = (*view, String::new()));
                    return;
                }
                // Where there is no answer the last one stays, beside the reason.
                Event::Answer(view) => {
                    let settled = state.take_inputs(&asked, &view.inputs);
                    if view.is_answer() {
                        shown.set(Shown { settled: Some(settled), view: *view, ..Shown::default() });
                    } else {
                        shown.update(|shown| {
                            for part in Part::WITHOUT_ANSWER {
                                shown.view.set(part, view.part(part));
                            }
                            shown.fail(settled, view.part(Part::Problem));
                            shown.view.inputs = view.inputs;
                        });
                    }
                }
                // No file was asked for.
                Event::File(..) => {}
                Event::NoWorker(why) => {
                    shown.update(|shown| shown.fail(asked.clone(), &no_worker(&why)));
                }
            }
            RUNNING.take();
        });
    }

    /// Takes over what the engine read of a question's inputs, where it reads them; says by which question that is asked.
    fn take_inputs(&self, asked: &Question, read: &Inputs) -> Question {
        if asked.changes.is_empty() {
            // A link stays as it is until something is changed.
            if !read.notices.is_empty() {
                self.notices.update(|notices| notices.extend(read.notices.iter().cloned()));
            }
            return asked.clone();
        }
        let is_refused = |change: &(String, String)| read.problems.iter().any(|problem| problem.0 == change.0);
        let changes: Pairs = asked.changes.iter().filter(|change| is_refused(change)).cloned().collect();
        let entered = Entered { keys: read.keys.clone(), changes };
        set_if_new(if asked.lab == Lab::Memory { self.memory } else { self.scaling }, entered.clone());
        Question { keys: entered.keys, changes: entered.changes, ..asked.clone() }
    }

    /// Gives up what the engine does; the last result stays.
    pub fn cancel(&self, shown: RwSignal<Shown>) {
        client::cancel();
        let mut asked =
            untrack(|| if shown == self.fit_shown { self.fit_question() } else { self.quantize_question() });
        if shown == self.compare_shown {
            asked = Question { lab: Lab::Compare, order: self.compare_order.get_untracked(), closer: None, ..asked };
        }
        shown.update(|shown| {
            let is_older = shown.view.is_answer() && !shown.is_of_part();
            let what = if is_older { "Cancelled. The picture is of the settings before." } else { "Cancelled." };
            shown.fail(asked, what);
        });
        RUNNING.take();
    }

    /// What a room shows, what it is asked, and its answer to the default question, which is not asked for that: nothing
    /// of the start page.
    fn asked(&self, room: Room) -> Option<(RwSignal<Shown>, Question, &'static str)> {
        Some(match room {
            Room::Home => return None,
            Room::Memory => (self.memory_shown, self.memory_question(), answers::DEFAULT_MEMORY),
            Room::Scaling => (self.scaling_shown, self.scaling_question(), answers::DEFAULT_SCALING),
            Room::Formats => (self.formats_shown, self.formats_question(), answers::DEFAULT_FORMATS),
            Room::Quantize => (self.quantize_shown, self.quantize_question(), answers::DEFAULT_QUANTIZE),
        })
    }

    /// The answer of a room in one sentence, or why there is none.
    pub fn answer(&self, room: Room) -> String {
        let Some((shown, question, default)) = self.asked(room) else { return String::new() };
        shown.with(|shown| shown.answer(&question, if is_default(&question) { default } else { "…" }))
    }

    /// Asks the engine for the answers of the start page, one after another: its newest job takes the place of the one
    /// before. The default questions are not worth loading it for.
    pub fn ask_answers(&self) {
        for (shown, question, _) in Room::ALL.into_iter().filter_map(|room| self.asked(room)) {
            let is_settled =
                shown.with(|shown| shown.settled.as_ref().is_some_and(|settled| settled.keys == question.keys));
            if !is_default(&question) && !is_settled {
                return self.ask(shown, question);
            }
        }
    }

    /// The present room's result as the page's JSON: nothing while it is computed, or why there is none.
    pub fn report(&self) -> Option<Result<String, String>> {
        untrack(|| match self.asked(self.room.get()) {
            None => Some(Err("The start page has no report: open a lab.".to_owned())),
            Some((shown, question, _)) => shown.with(|shown| shown.report(&question)),
        })
    }
}

/// Whether this is what a lab is asked before anything is changed.
fn is_default(question: &Question) -> bool {
    question.keys.is_empty() && (question.lab != Lab::Formats || question.typed == FormatsScenario::default().x)
}

thread_local! {
    /// Keeps `<body data-state>` busy while a job runs.
    static RUNNING: RefCell<Option<Busy>> = const { RefCell::new(None) };
}

impl Shown {
    fn fail(&mut self, asked: Question, why: &str) {
        self.settled = Some(asked);
        self.problem = why.to_owned();
        if self.is_of_part() {
            self.problem += " The picture is of the beginning of the tensor only.";
            self.view.set(Part::Preview, "");
        }
        self.progress = None;
    }

    /// Whether the pictures are of a part of the tensor.
    fn is_of_part(&self) -> bool {
        !self.view.part(Part::Preview).is_empty()
    }

    /// The answer to this question in one sentence, or why there is none; `otherwise` while it is not known.
    fn answer(&self, question: &Question, otherwise: &str) -> String {
        let is_settled = self.settled.as_ref().is_some_and(|settled| settled.keys == question.keys);
        match (is_settled, self.problem.is_empty()) {
            (true, true) => self.view.part(Part::Takeaway).to_owned(),
            (true, false) => self.problem.clone(),
            _ => otherwise.to_owned(),
        }
    }

    /// The report on this question as JSON: nothing while it is computed, or why there is none.
    fn report(&self, question: &Question) -> Option<Result<String, String>> {
        let answer = || {
            if self.problem.is_empty() {
                Ok(self.view.part(Part::Report).to_owned())
            } else {
                Err(self.problem.clone())
            }
        };
        (self.settled.as_ref() == Some(question)).then(answer)
    }
}

/// Where the reader's choice of colours is kept.
pub const THEME_KEY: &str = "bitbudget.theme";

fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|now| *now != value) {
        signal.set(value);
    }
}

fn no_worker(why: &str) -> String {
    format!("The background worker that does this work stopped ({why}). Reload the page to try again.")
}
