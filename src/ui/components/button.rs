//! A push button.

use leptos::prelude::*;

/// A native button.
#[component]
pub fn Button(
    /// Id of the control; empty for none.
    #[prop(default = "")]
    id: &'static str,
    /// Called when it is pressed.
    press: Callback<()>,
    /// What it does, as a verb.
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class="button" id=(!id.is_empty()).then_some(id) on:click=move |_| press.run(())>
            {children()}
        </button>
    }
}
