//! What the page knows, made once at the root.

use super::busy::{self, Busy};
use super::client::{self, Event, Work};
use crate::answers;
use crate::compute::job::{Error, Job, Outcome, TensorSource};
use crate::compute::protocol::Stage;
use crate::json;
use crate::labs::formats::{Question, View as FormatsView};
use crate::memory;
use crate::platform::page;
use crate::scaling;
use crate::scenario::quantize::read_values;
use crate::scenario::view::ThemeChoice;
use crate::scenario::{FormatsScenario, MemoryScenario, QuantizeScenario, Room, Route, ScalingScenario, View};
use leptos::prelude::*;
use serde::Serialize;
use std::cell::RefCell;

/// A result with the last good one behind it: a question that has no answer keeps the picture of the one before.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<S, R> {
    /// The last question that had an answer, with its answer.
    pub good: Option<(S, R)>,
    /// Why the present question has none; empty if it has.
    pub problem: String,
}

/// A quantize job under way or done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobState {
    /// The last finished job.
    pub good: Option<(QuantizeScenario, Outcome)>,
    /// The question that the last ended job answered or failed on, so that it is not asked again.
    pub ended: Option<QuantizeScenario>,
    /// Why it has no answer; empty if it has.
    pub problem: String,
    /// What is being done, and its share.
    pub progress: Option<(Stage, f64)>,
}

/// Signals of the whole page. Scenarios change by controls and links only; all else follows from them.
#[derive(Clone, Copy)]
pub struct State {
    /// How the page looks and works.
    pub view: View,
    /// Where the reader is.
    pub room: RwSignal<Room>,
    /// Inputs of the Memory lab.
    pub memory: RwSignal<MemoryScenario>,
    /// Inputs of the Scaling lab.
    pub scaling: RwSignal<ScalingScenario>,
    /// Inputs of the Formats lab.
    pub formats: RwSignal<FormatsScenario>,
    /// Inputs of the Quantize lab.
    pub quantize: RwSignal<QuantizeScenario>,
    /// The Memory lab's result.
    pub memory_answer: Memo<Answer<MemoryScenario, memory::Report>>,
    /// The Scaling lab's result.
    pub scaling_answer: Memo<Answer<ScalingScenario, scaling::Report>>,
    /// What the Formats lab shows.
    pub formats_view: RwSignal<FormatsView>,
    /// The order of its table of all formats, once that was opened.
    pub formats_listing: RwSignal<Option<String>>,
    /// The Quantize lab's job.
    pub job: RwSignal<JobState>,
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

        let memory = RwSignal::new(MemoryScenario::default());
        let scaling = RwSignal::new(ScalingScenario::default());
        let formats = RwSignal::new(FormatsScenario::default());
        let state = Self {
            view,
            room: RwSignal::new(Room::Home),
            memory,
            scaling,
            formats,
            quantize: RwSignal::new(QuantizeScenario::default()),
            memory_answer: answer(memory, |scenario| {
                memory::estimate(&scenario.input()).map_err(|error| sentence(&error.to_string()))
            }),
            scaling_answer: answer(scaling, |scenario| {
                scaling::solve(scenario.known(), scenario.law).map_err(|error| sentence(&error.to_string()))
            }),
            formats_view: RwSignal::new(FormatsView::default()),
            formats_listing: RwSignal::new(None),
            job: RwSignal::new(JobState::default()),
            notices: RwSignal::new(Vec::new()),
            theme,
            dark,
        };
        state.open(route, notices.iter().map(ToString::to_string).collect());
        state
    }

    /// Goes where a link leads.
    pub fn open(&self, route: Route, notices: Vec<String>) {
        self.room.set(route.room());
        match route {
            Route::Home => {}
            Route::Memory(scenario) => set_if_new(self.memory, scenario),
            Route::Scaling(scenario) => set_if_new(self.scaling, scenario),
            Route::Formats(scenario) => set_if_new(self.formats, scenario),
            Route::Quantize(scenario) => set_if_new(self.quantize, scenario),
        }
        self.notices.set(notices);
    }

    /// The link to a room as it is now.
    pub fn route_to(&self, room: Room) -> Route {
        match room {
            Room::Home => Route::Home,
            Room::Memory => Route::Memory(self.memory.get()),
            Room::Scaling => Route::Scaling(self.scaling.get()),
            Room::Formats => Route::Formats(self.formats.get()),
            Room::Quantize => Route::Quantize(self.quantize.get()),
        }
    }

    /// The link to where the reader is.
    pub fn route(&self) -> Route {
        self.route_to(self.room.get())
    }

    /// Starts the Quantize lab's job if its question is a new one.
    pub fn run_job(&self) {
        let scenario = self.quantize.get();
        let job = self.job;
        let settled = job.with_untracked(|job| job.ended.as_ref() == Some(&scenario));
        if settled {
            client::cancel();
            RUNNING.take();
            job.update(|job| job.progress = None);
            return;
        }
        let tensor = match scenario.sample() {
            Some(sample) => TensorSource::sample(&sample),
            // The text was read when it was set; what cannot be read never becomes the scenario.
            None => TensorSource::values(&read_values(&scenario.values).unwrap_or_default()),
        };
        RUNNING.replace(Some(busy::begin()));
        job.update(|job| job.progress = Some((Stage::Drawing, 0.0)));
        let asked = scenario.clone();
        let work = Work::Tensor(Job::new(tensor, scenario.quantizer()), self.view.compute);
        client::submit(work, move |event| {
            let asked = asked.clone();
            job.update(|job| match event {
                Event::Progress(stage, share) => job.progress = Some((stage, share)),
                Event::Done(outcome) => {
                    *job = JobState {
                        good: Some((asked.clone(), *outcome)),
                        ended: Some(asked),
                        problem: String::new(),
                        progress: None,
                    };
                }
                Event::Impossible(error) => job.fail(asked, explain(&error)),
                Event::NoWorker(why) => job.fail(asked, no_worker(&why)),
                Event::Formats(_) => {}
            });
            if job.with_untracked(|job| job.progress.is_none()) {
                RUNNING.take();
            }
        });
    }

    /// Asks the engine what the Formats lab shows.
    pub fn run_formats(&self) {
        let (keys, x) = self.formats.with(|scenario| (scenario.keys(), scenario.x.clone()));
        let question = Question { keys, x, listing: self.formats_listing.get() };
        let shown = self.formats_view;
        RUNNING.replace(Some(busy::begin()));
        client::submit(Work::Formats(question), move |event| {
            match event {
                // Where there is no answer the last one stays, beside the reason.
                Event::Formats(view) if view.problem.is_empty() => shown.set(*view),
                Event::Formats(view) => shown.update(|last| {
                    last.problem = view.problem;
                    last.question = view.question;
                }),
                Event::NoWorker(why) => shown.update(|last| last.problem = no_worker(&why)),
                Event::Progress(..) | Event::Done(_) | Event::Impossible(_) => {}
            }
            RUNNING.take();
        });
    }

    /// Gives up the Quantize lab's job; the last result stays.
    pub fn cancel_job(&self) {
        client::cancel();
        let asked = self.quantize.get_untracked();
        self.job.update(|job| job.fail(asked, "Cancelled. The picture is of the settings before.".to_owned()));
        RUNNING.take();
    }

    /// The answer of a room in one sentence, or why there is none. The Quantize lab's default question is not asked for it.
    pub fn answer(&self, room: Room) -> String {
        fn of<S, R>(answer: &Answer<S, R>, sentence: impl Fn(&S, &R) -> String) -> String {
            answer.good.as_ref().map_or_else(|| answer.problem.clone(), |(scenario, report)| sentence(scenario, report))
        }
        match room {
            Room::Home => String::new(),
            Room::Memory => self.memory_answer.with(|answer| of(answer, answers::memory)),
            Room::Scaling => self.scaling_answer.with(|answer| of(answer, |_, report| answers::scaling(report))),
            Room::Formats => self.formats.with(|scenario| {
                self.formats_view.with(|view| {
                    if view.question.keys == scenario.keys() && !view.takeaway.is_empty() {
                        if view.problem.is_empty() { &view.takeaway } else { &view.problem }.clone()
                    } else if *scenario == FormatsScenario::default() {
                        answers::DEFAULT_FORMATS.to_owned()
                    } else {
                        "…".to_owned()
                    }
                })
            }),
            Room::Quantize => self.quantize.with(|scenario| {
                self.job.with(|job| match &job.good {
                    Some((asked, outcome)) if asked == scenario => answers::quantize(asked, &outcome.report),
                    _ if *scenario == QuantizeScenario::default() => answers::DEFAULT_QUANTIZE.to_owned(),
                    _ if job.problem.is_empty() => "…".to_owned(),
                    _ => job.problem.clone(),
                })
            }),
        }
    }

    /// The present room's result as the page's JSON: nothing while it is computed, or why there is none.
    pub fn report(&self) -> Option<Result<String, String>> {
        fn of<S, R: Serialize>(answer: Answer<S, R>) -> Result<String, String> {
            match answer.good {
                Some((_, report)) if answer.problem.is_empty() => Ok(json::write(&report)),
                _ => Err(answer.problem),
            }
        }
        match self.room.get_untracked() {
            Room::Home => Some(Err("The start page has no report: open a lab.".to_owned())),
            Room::Memory => Some(of(self.memory_answer.get_untracked())),
            Room::Scaling => Some(of(self.scaling_answer.get_untracked())),
            Room::Formats => self.formats_view.with_untracked(|view| {
                let is_answered = view.question.keys == self.formats.with_untracked(FormatsScenario::keys);
                let answer =
                    || if view.problem.is_empty() { Ok(view.report.clone()) } else { Err(view.problem.clone()) };
                (is_answered && !view.report.is_empty()).then(answer)
            }),
            Room::Quantize => {
                let job = self.job.get_untracked();
                if job.ended.as_ref() != Some(&self.quantize.get_untracked()) {
                    return None;
                }
                Some(match job.good {
                    Some((_, outcome)) if job.problem.is_empty() => Ok(outcome.to_json()),
                    _ => Err(job.problem),
                })
            }
        }
    }
}

thread_local! {
    /// Keeps `<body data-state>` busy while a job runs.
    static RUNNING: RefCell<Option<Busy>> = const { RefCell::new(None) };
}

impl JobState {
    fn fail(&mut self, asked: QuantizeScenario, why: String) {
        self.ended = Some(asked);
        self.problem = why;
        self.progress = None;
    }
}

/// Where the reader's choice of colours is kept.
pub const THEME_KEY: &str = "bitbudget.theme";

fn set_if_new<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|now| *now != value) {
        signal.set(value);
    }
}

fn answer<S, R>(
    scenario: RwSignal<S>,
    ask: impl Fn(&S) -> Result<R, String> + Send + Sync + 'static,
) -> Memo<Answer<S, R>>
where
    S: Clone + PartialEq + Send + Sync + 'static,
    R: Clone + PartialEq + Send + Sync + 'static,
{
    Memo::new(move |last: Option<&Answer<S, R>>| {
        let scenario = scenario.get();
        match ask(&scenario) {
            Ok(report) => Answer { good: Some((scenario, report)), problem: String::new() },
            Err(problem) => Answer { good: last.and_then(|last| last.good.clone()), problem },
        }
    })
}

/// A fact as a sentence: a capital and a full stop.
fn sentence(fact: &str) -> String {
    let mut letters = fact.chars();
    let first = letters.next().map_or(' ', |letter| letter.to_ascii_uppercase());
    format!("{first}{}.", letters.as_str())
}

fn no_worker(why: &str) -> String {
    format!("The background worker that does this work stopped ({why}). Reload the page to try again.")
}

fn explain(error: &Error) -> String {
    match error {
        Error::Empty => {
            "The tensor has no values, so there is nothing to quantize. Choose a sample or type some numbers."
                .to_owned()
        }
        Error::NothingFinite { n, nan, infinite } => format!(
            "None of the {n} values is finite ({nan} NaN, {infinite} infinite): a scale needs at least one finite number. Add one."
        ),
        other => sentence(&other.to_string()),
    }
}
