//! The start page: what the labs answer, with their present answers, and how to choose a model.
//!
//! `index.html` holds the same page with the default answers, so that the reader sees it before the program arrives; an
//! end-to-end test keeps the two the same, word for word.

use crate::answers;
use crate::compute::cpu;
use crate::scenario::Room;
use crate::ui::components::RoomLink;
use crate::ui::dynamic::text;
use crate::ui::state::State;
use leptos::prelude::*;

/// The start page.
#[component]
pub fn Home() -> impl IntoView {
    let state = expect_context::<State>();
    let memory = text(move || {
        state.memory_answer.with(|answer| match &answer.good {
            Some((scenario, report)) => answers::memory(scenario, report),
            None => answer.problem.clone(),
        })
    });
    let scaling = text(move || {
        state.scaling_answer.with(|answer| match &answer.good {
            Some((_, report)) => answers::scaling(report),
            None => answer.problem.clone(),
        })
    });
    // The smallest sample takes some milliseconds; a larger one is left to the lab.
    let quantize = text(move || {
        let job = state.job.get();
        let scenario = state.quantize.get();
        if let Some((asked, outcome)) = job.good.filter(|(asked, _)| *asked == scenario) {
            return answers::quantize(&asked, &outcome.report);
        }
        let small = crate::scenario::QuantizeScenario { size: 0, ..scenario };
        let Some(sample) = small.sample() else { return "Your own numbers, in fewer bits".to_owned() };
        let values = sample.draw(|_| {});
        cpu::report(small.quantizer(), sample.rows, sample.cols, &values)
            .map_or_else(|error| error.to_string(), |report| answers::quantize(&small, &report))
    });
    view! {
        <div class="home">
            <section class="hero">
                <h1 class="hero__title">"What does a language model cost?"</h1>
                <p class="hero__text">
                    "One parameter in FP32 is 4 bytes, so a billion parameters are 4 GB. Training needs 12 to 20 bytes more for each: 16 to 24 GB per billion, 4 to 6 times the weights. Bitbudget does these sums for your model, in your browser, and shows its working."
                </p>
            </section>
            <section class="cards" aria-label="Labs">
                <article class="card">
                    <h2 class="card__question">"Does it fit in memory?"</h2>
                    <p class="card__answer" data-answer="memory">{memory}</p>
                    <p class="card__link"><RoomLink room=Room::Memory text="Open the Memory lab"/></p>
                </article>
                <article class="card">
                    <h2 class="card__question">"How large should it be?"</h2>
                    <p class="card__answer" data-answer="scaling">{scaling}</p>
                    <p class="card__link"><RoomLink room=Room::Scaling text="Open the Scaling lab"/></p>
                </article>
                <article class="card">
                    <h2 class="card__question">"What does lower precision do?"</h2>
                    <p class="card__answer" data-answer="quantize">{quantize}</p>
                    <p class="card__link"><RoomLink room=Room::Quantize text="Open the Quantize lab"/></p>
                </article>
            </section>
            <section class="prose">
                <h2>"First, choose a model"</h2>
                <p>
                    "Start from a pre-trained model, unless your data are extremely specific, such as legal or medical text full of terms that a general model has hardly seen: then training from scratch can be right, and the Memory and Scaling labs show what it takes. Which model depends on the task: writing text, labelling it and translating it call for different kinds."
                </p>
                <p>
                    "Model hubs list thousands of them. A model card tells what you need for the sums here (parameters, number format, context length) and what no sum can tell: what the model was trained on, what it is best at, its limits and its licence."
                </p>
            </section>
        </div>
    }
}
