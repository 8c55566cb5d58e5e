//! Parts of a view that change, all of one type.
//!
//! Leptos makes code for each type of closure in a view: a `{move || …}` of its own costs about 3 KB of the download, a
//! component with a type parameter costs itself again for each use. So texts are [`Signal`]`<String>`s, views that
//! change go through [`dynamic`], callbacks are [`Callback`]s, and components have no type parameters.

use leptos::prelude::*;

/// A text that changes.
pub fn text(make: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    fn erased(make: Box<dyn Fn() -> String + Send + Sync>) -> Signal<String> {
        Signal::derive(make)
    }
    erased(Box::new(make))
}

/// A text that tells only when it changes.
pub fn memo_text(text: Signal<String>) -> Memo<String> {
    Memo::new(move |_| text.get())
}

/// A condition that tells only when it changes.
pub fn condition(holds: impl Fn() -> bool + Send + Sync + 'static) -> Memo<bool> {
    fn erased(holds: Box<dyn Fn() -> bool + Send + Sync>) -> Memo<bool> {
        Memo::new(move |_| holds())
    }
    erased(Box::new(holds))
}

/// A view that is made anew whenever what it read changes.
pub fn dynamic(make: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    fn erased(make: Box<dyn Fn() -> AnyView + Send + Sync>) -> AnyView {
        (move || make()).into_any()
    }
    erased(Box::new(make))
}

/// A view that is there while a condition holds; it stays as it is while the condition stays true.
pub fn when(
    holds: impl Fn() -> bool + Send + Sync + 'static,
    make: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    fn erased(holds: Memo<bool>, make: Box<dyn Fn() -> AnyView + Send + Sync>) -> AnyView {
        dynamic(move || if holds.get() { make() } else { ().into_any() })
    }
    erased(condition(holds), Box::new(make))
}

/// Runs now and whenever what it read changes.
pub fn effect(run: impl Fn() + 'static) {
    fn erased(run: Box<dyn Fn()>) {
        Effect::new(move |_| run());
    }
    erased(Box::new(run));
}
