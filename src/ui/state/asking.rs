//! What the engine is asked, and what becomes of its answers.

use super::{Entered, Shown, State, set_if_new};
use crate::answers;
use crate::compute::protocol::Stage;
use crate::labs::form::Inputs;
use crate::labs::{File, Lab, Pairs, Part, Question};
use crate::platform::files::Files;
use crate::platform::page::{self, Blob};
use crate::scenario::Room;
use crate::ui::busy::{self, Busy};
use crate::ui::client::{self, Event};
use crate::ui::crew::{self, Survey};
use leptos::prelude::*;
use std::cell::RefCell;

impl State {
    /// What the Memory lab is asked now.
    pub(super) fn memory_question(&self) -> Question {
        let Entered { keys, changes } = self.memory.get();
        let (typed, order) = (self.memory_pasted.get(), self.memory_order.get());
        Question { lab: Lab::Memory, keys, changes, typed, order, ..Question::default() }
    }

    /// What the Scaling lab is asked now.
    pub(super) fn scaling_question(&self) -> Question {
        let Entered { keys, changes } = self.scaling.get();
        Question { lab: Lab::Scaling, keys, changes, ..Question::default() }
    }

    /// What the Weights lab is asked now.
    pub(super) fn weights_question(&self) -> Question {
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
        client::open(files);
        self.quantize_tensor.set(None);
        self.begin_with_files(false);
    }

    /// Compares the files with others, in place of those before; with none if there are none.
    pub fn compare_files(&self, others: Files) {
        let is_compared = !others.is_empty();
        client::compare(others);
        self.begin_with_files(is_compared);
    }

    fn begin_with_files(&self, is_compared: bool) {
        crew::end("");
        self.file_shown.set(Shown::default());
        self.survey.set(Survey::default());
        self.count_measured();
        self.weights_compared.set(is_compared);
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
    pub(super) fn formats_question(&self) -> Question {
        let Entered { keys, changes } = self.formats.get();
        let (order, window) = (self.formats_order.get(), self.formats_window.get());
        Question { lab: Lab::Formats, keys, changes, order, window, ..Question::default() }
    }

    /// What the Quantize lab is asked now.
    pub(super) fn quantize_question(&self) -> Question {
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

    /// Asks the engine for a frame of the present room, if that is wanted, and once it has nothing else to do.
    pub fn ask_embed(&self) {
        let Some(order) = self.embed_size.get() else { return };
        let Entered { keys, changes } = self.embed.get();
        let (typed, order) = (self.link(), Some(order));
        let question = Question { lab: Lab::Embed, keys, changes, typed, order, ..Question::default() };
        let is_settled = self.embed_shown.with_untracked(|shown| shown.settled.as_ref() == Some(&question));
        if !is_settled && self.working.with(Option::is_none) {
            self.ask(self.embed_shown, question);
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
        let is_settled = shown.with_untracked(|shown| shown.settled.as_ref() == Some(&question));
        // The engine does one thing at a time, and the newest takes the place of the one before.
        if !is_settled || self.is_working_on(beside) {
            return false;
        }
        let state = *self;
        // Apart from what the lab shows, on which other questions depend.
        let making = self.file_shown;
        making.set(Shown::default());
        self.work_on(making);
        client::submit(Question { file: Some(file), ..question }, self.view.compute, move |event| {
            match event {
                Event::Preview(_) => return,
                Event::Progress(stage, share) => {
                    state.working.set(Some((making, stage, share)));
                    return;
                }
                Event::File(name, content) => then(state, &name, &content),
                Event::Answer(view) => making.update(|making| making.problem = view.part(Part::Problem).to_owned()),
                Event::NoWorker(why) => making.update(|making| making.problem = no_worker(&why)),
            }
            state.rest();
        });
        true
    }

    pub(super) fn ask(&self, shown: RwSignal<Shown>, question: Question) {
        // The engine does one thing at a time.
        if self.is_working_on(self.file_shown) {
            let problem = "Given up, since something else was asked for meanwhile: try again.".to_owned();
            self.file_shown.set(Shown { problem, ..Shown::default() });
        }
        if shown.with_untracked(|shown| shown.settled.as_ref() == Some(&question)) {
            client::withdraw();
            return self.rest();
        }
        self.work_on(shown);
        let asked = question.clone();
        let state = *self;
        client::submit(question, self.view.compute, move |event| {
            match event {
                Event::Progress(stage, share) => {
                    state.working.set(Some((shown, stage, share)));
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
            state.rest();
        });
    }

    /// The engine works on what this is to show.
    fn work_on(&self, shown: RwSignal<Shown>) {
        RUNNING.replace(Some(busy::begin()));
        self.working.set(Some((shown, Stage::Drawing, 0.0)));
    }

    /// The engine has nothing to do.
    fn rest(&self) {
        self.working.set(None);
        RUNNING.take();
    }

    /// Whether it works on what this is to show.
    pub fn is_working_on(&self, shown: RwSignal<Shown>) -> bool {
        self.working.with_untracked(|working| working.is_some_and(|(on, ..)| on == shown))
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
            Lab::Formats => self.formats,
            Lab::Quantize => self.quantize,
            Lab::Weights => self.weights,
            Lab::Embed => self.embed,
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
            return self.rest();
        }
        let asked = untrack(|| {
            if shown == self.fit_shown {
                self.fit_question()
            } else if shown == self.compare_shown {
                self.compare_question()
            } else {
                self.quantize_question()
            }
        });
        shown.update(|shown| {
            let is_older = shown.view.is_answer() && !shown.is_of_part();
            let what = if is_older { "Cancelled. The picture is of the settings before." } else { "Cancelled." };
            shown.fail(asked, what);
        });
        self.rest();
    }

    /// What a room shows, what it is asked, and its answer to the default question, which is not asked for that: nothing
    /// of the start page.
    pub(super) fn asked(&self, room: Room) -> Option<(RwSignal<Shown>, Question, &'static str)> {
        Some(match room {
            Room::Home => return None,
            Room::Learn => (self.learn_shown, self.learn_question()?, ""),
            Room::Memory => (self.memory_shown, self.memory_question(), answers::DEFAULT_MEMORY),
            Room::Scaling => (self.scaling_shown, self.scaling_question(), answers::DEFAULT_SCALING),
            Room::Formats => (self.formats_shown, self.formats_question(), answers::DEFAULT_FORMATS),
            Room::Quantize => (self.quantize_shown, self.quantize_question(), answers::DEFAULT_QUANTIZE),
            Room::Weights => (self.weights_shown, self.weights_question(), answers::DEFAULT_WEIGHTS),
        })
    }

    /// The answer of a room in one sentence, or why there is none.
    pub fn answer(&self, room: Room) -> String {
        // The story has a place for its verdicts.
        if room == Room::Learn || room == self.room.get() && self.waits_for_guess() {
            return String::new();
        }
        let Some((shown, question, default)) = self.asked(room) else { return String::new() };
        shown.with(|shown| shown.answer(&question, if is_default(&question) { default } else { "…" }))
    }

    /// Asks the engine for the answers of the start page, one after another: its newest job takes the place of the one
    /// before. The default questions are not worth loading it for.
    pub fn ask_answers(&self) {
        let labs = Room::ALL.into_iter().filter(|room| *room != Room::Learn);
        for (shown, question, _) in labs.filter_map(|room| self.asked(room)) {
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
            None if self.room.get() == Room::Learn => {
                Some(Err("Nothing of the story is shown yet: make a guess.".to_owned()))
            }
            None => Some(Err("The start page has no report: open a lab.".to_owned())),
            Some((shown, question, _)) => shown.with(|shown| shown.report(&question)),
        })
    }
}

/// Whether this is what a lab is asked before anything is changed.
fn is_default(question: &Question) -> bool {
    question.lab == Lab::Weights || question.keys.is_empty()
}

thread_local! {
    /// Keeps `<body data-state>` busy while a job runs.
    static RUNNING: RefCell<Option<Busy>> = const { RefCell::new(None) };
}

fn no_worker(why: &str) -> String {
    format!("The background worker that does this work stopped ({why}). Reload the page to try again.")
}
