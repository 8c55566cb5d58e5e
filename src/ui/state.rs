//! What the page knows, made once at the root.

use super::busy::{self, Busy};
use super::client::{self, Event};
use super::crew::{self, Survey};
use super::dynamic::condition;
use crate::answers;
use crate::compute::protocol::Stage;
use crate::labs::form::Inputs;
use crate::labs::{FigureData, File, Lab, Pairs, Part, Pass, Question, View as LabView};
use crate::platform::files::Files;
use crate::platform::page::{self, Blob};
use crate::scenario::view::ThemeChoice;
use crate::scenario::{FormatsScenario, Room, Route, View};
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
    /// The file that is being made, of whichever lab: how far that is, or why it is not.
    pub file_shown: RwSignal<Shown>,
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
            file_shown: RwSignal::new(Shown::default()),
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
            Route::Quantize(keys) => set_if_new(self.quantize, Entered { keys, ..Entered::default() }),
            Route::Weights(keys) => set_if_new(self.weights, Entered { keys, ..Entered::default() }),
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
            Room::Quantize => Route::Quantize(written(self.quantize_shown, self.quantize_question())),
            Room::Weights => Route::Weights(written(self.weights_shown, self.weights_question())),
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

    /// What the Weights lab is asked now.
    fn weights_question(&self) -> Question {
        let Entered { keys, changes } = self.weights.get();
        let opened = self.weights_opened.get();
        let (pass, measured) = (self.weights_pass.get(), self.weights_measured.get());
        Question { lab: Lab::Weights, keys, changes, opened, pass, measured, ..Question::default() }
    }

    /// What its table of tensors is asked now.
    fn tensors_question(&self) -> Question {
        let (order, rows) = (self.weights_order.get(), Some(self.weights_rows.get()));
        let typed = self.weights_filter.get();
        let question = self.weights_question();
        Question { lab: Lab::Tensors, changes: Pairs::new(), pass: None, order, typed, rows, ..question }
    }

    /// Asks the engine what the Weights lab shows.
    pub fn ask_weights(&self) {
        self.ask(self.weights_shown, self.weights_question());
    }

    /// Asks the engine for the rows of the table of tensors that are in view, once it has nothing else to do.
    pub fn ask_tensors(&self) {
        let (lab, question) = (self.weights_question(), self.tensors_question());
        let is_open =
            |shown: &Shown| shown.settled.as_ref() == Some(&lab) && shown.problem.is_empty() && shown.has_files();
        if self.weights_shown.with(is_open) {
            self.ask(self.tensors_shown, question);
        }
    }

    /// Opens files in the Weights lab, in place of those before.
    pub fn open_files(&self, files: Files) {
        if !files.is_empty() {
            self.turn_to_files(files);
        }
    }

    /// Opens these files, or none, in place of those before.
    pub fn turn_to_files(&self, files: Files) {
        crew::end("");
        client::open(files);
        self.survey.set(Survey::default());
        self.weights_measured.set(0);
        self.quantize_tensor.set(None);
        self.weights_opened.update(|opened| *opened += 1);
    }

    /// Counts what the crew has measured: the lab is asked for a view of that.
    pub fn count_measured(&self) {
        set_if_new(self.weights_measured, client::kept());
    }

    /// Does what is pressed in the Weights lab's table: `tensor:17` opens that tensor in the Quantize lab.
    pub fn open_tensor(&self, action: &str) {
        if let Some(place) = action.strip_prefix("tensor:").and_then(|place| place.parse().ok()) {
            self.quantize_tensor.set(Some(place));
            page::set_hash(&self.route_to(Room::Quantize).write());
        }
    }

    /// Asks the engine for a file of the Weights lab, and hands it on; says whether it had nothing else to do.
    pub fn ask_weights_file(&self, file: File, then: fn(Self, &str, &Blob)) -> bool {
        let question = untrack(|| self.weights_question());
        self.ask_file_of(question, self.weights_shown, self.tensors_shown, file, then)
    }

    /// What the Formats lab is asked now.
    fn formats_question(&self) -> Question {
        let (keys, typed) = self.formats.with(|scenario| (scenario.keys(), scenario.x.clone()));
        let (order, window) = (self.formats_order.get(), self.formats_window.get());
        Question { lab: Lab::Formats, keys, typed, order, window, ..Question::default() }
    }

    /// What the Quantize lab is asked now.
    fn quantize_question(&self) -> Question {
        let Entered { keys, changes } = self.quantize.get();
        let (closer, tensor) = (self.quantize_closer.get(), self.quantize_tensor.get());
        let opened = if tensor.is_some() { self.weights_opened.get() } else { 0 };
        Question { lab: Lab::Quantize, keys, changes, closer, tensor, opened, ..Question::default() }
    }

    /// What the comparison of all formats is asked now.
    fn compare_question(&self) -> Question {
        let order = self.compare_order.get();
        Question { lab: Lab::Compare, order, closer: None, changes: Pairs::new(), ..self.quantize_question() }
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
        let (question, compare) = (self.quantize_question(), self.compare_question());
        if compare.order.is_some() && self.quantize_shown.with(|shown| shown.settled.as_ref() == Some(&question)) {
            self.ask(self.compare_shown, compare);
        }
    }

    /// Asks the engine for a file of the Quantize lab's tensor, and offers it; says whether it had nothing else to do.
    pub fn ask_file(&self, file: File) -> bool {
        let question = untrack(|| self.quantize_question());
        let offer = |_, name: &str, content: &Blob| page::download_blob(name, content);
        self.ask_file_of(question, self.quantize_shown, self.compare_shown, file, offer)
    }

    /// Asks for a file of what a lab shows, unless that or what stands beside it is being made.
    fn ask_file_of(
        &self,
        question: Question,
        shown: RwSignal<Shown>,
        beside: RwSignal<Shown>,
        file: File,
        then: fn(Self, &str, &Blob),
    ) -> bool {
        let is_busy = |shown: RwSignal<Shown>| shown.with_untracked(|shown| shown.progress.is_some());
        let is_settled = shown.with_untracked(|shown| shown.settled.as_ref() == Some(&question));
        // The engine does one thing at a time, and the newest takes the place of the one before.
        if !is_settled || is_busy(beside) {
            return false;
        }
        let state = *self;
        // Apart from what the lab shows, on which other questions depend.
        let making = self.file_shown;
        making.set(Shown::default());
        RUNNING.replace(Some(busy::begin()));
        client::submit(Question { file: Some(file), ..question }, self.view.compute, move |event| {
            match event {
                Event::Preview(_) => return,
                Event::Progress(stage, share) => {
                    making.update(|making| making.progress = Some((stage, share)));
                    return;
                }
                Event::File(name, content) => then(state, &name, &content),
                Event::Answer(view) => making.update(|making| making.problem = view.part(Part::Problem).to_owned()),
                Event::NoWorker(why) => making.update(|making| making.problem = no_worker(&why)),
            }
            making.update(|making| making.progress = None);
            RUNNING.take();
        });
        true
    }

    fn ask(&self, shown: RwSignal<Shown>, question: Question) {
        // The engine does one thing at a time.
        if self.file_shown.with_untracked(|making| making.progress.is_some()) {
            let problem = "Given up, since something else was asked for meanwhile: try again.".to_owned();
            self.file_shown.set(Shown { problem, ..Shown::default() });
        }
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
                Event::Answer(mut view) => {
                    let mut settled = state.take_inputs(&asked, &view.inputs);
                    if settled.pass.take().is_some() {
                        state.weights_pass.set(None);
                        if let Some(todo) = view.todo.take() {
                            crew::begin(state, todo);
                        }
                    }
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
        let of_lab = match asked.lab {
            Lab::Memory => self.memory,
            Lab::Quantize => self.quantize,
            Lab::Weights => self.weights,
            _ => self.scaling,
        };
        set_if_new(of_lab, entered.clone());
        Question { keys: entered.keys, changes: entered.changes, ..asked.clone() }
    }

    /// Gives up what the engine does; the last result stays.
    pub fn cancel(&self, shown: RwSignal<Shown>) {
        client::cancel();
        if shown == self.file_shown {
            shown.set(Shown { problem: "Cancelled.".to_owned(), ..Shown::default() });
            RUNNING.take();
            return;
        }
        let asked = untrack(|| {
            if shown == self.fit_shown {
                self.fit_question()
            } else if shown == self.compare_shown {
                self.compare_question()
            } else if shown == self.weights_shown {
                self.weights_pass.set(None);
                self.weights_question()
            } else {
                self.quantize_question()
            }
        });
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
            Room::Weights => (self.weights_shown, self.weights_question(), answers::DEFAULT_WEIGHTS),
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
    question.lab == Lab::Weights
        || question.keys.is_empty() && (question.lab != Lab::Formats || question.typed == FormatsScenario::default().x)
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

    /// Whether it shows the reader's files.
    pub fn has_files(&self) -> bool {
        !self.view.part(Part::Report).is_empty()
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
