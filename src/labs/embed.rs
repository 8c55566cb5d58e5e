//! What puts a lab, as it is, into somebody else's page: ticked together, and written in the words of that page.
//!
//! The inputs are the keys that stand after `?` in a link ([`crate::scenario::view`]), so whatever can be ticked a link can say.

use super::form::{Inputs, plain};
use super::{Form, Html, Pairs, Part, Question, View as LabView, formats, memory, quantize, scaling};
use crate::scenario::permalink::{percent_encode, split_query, write_keys};
use crate::scenario::view::{KEYS, ThemeChoice, View};
use crate::scenario::{FormatsScenario, MemoryScenario, QuantizeScenario, ScalingScenario};

/// Sizes of frames in CSS pixels, by name.
pub const SIZES: [(&str, u32, u32); 3] = [("Course page", 640, 420), ("Phone", 360, 640), ("Wide", 900, 600)];

/// The story has no zones and no controls of its own.
const LEARN: &str = "/learn";

/// The longest link that every course system takes.
const LONGEST: usize = 300;

/// Answers a question: of which link is in `typed`, the place in [`SIZES`] in `order`.
#[must_use]
pub fn view(question: &Question) -> LabView {
    let (base, hash) = question.typed.split_once('#').unwrap_or((&question.typed, ""));
    let (path, query) = hash.split_once('?').unwrap_or((hash, ""));
    let controls = controls(path, &split_query(query));
    let title = title(path);
    let (asked, mut inputs): (View, _) = Inputs::read(question, KEYS, |_| String::new());
    let (size, frame) = place(question);
    let ticks = Ticks::of(&asked, &controls, path);
    inputs.form = form(&ticks, &controls);
    let mut view = LabView { inputs, ..LabView::of(question) };
    let link = link(base, &asked, &ticks, hash);
    let snippets = snippets(&link, &title, frame);
    view.set(Part::Takeaway, &link);
    let mut sizes = Html::default();
    let text = |(name, width, height)| format!("{name}, {width} × {height}");
    chips(
        &mut sizes,
        "Size",
        &(0..SIZES.len())
            .map(|i| Chip::new("size", &i.to_string(), i.to_string(), text(SIZES[i]), i == size))
            .collect::<Vec<_>>(),
    );
    view.set(Part::Codes, sizes.finish());
    view.set(Part::Cards, written(&snippets, link.len()));
    view.set(Part::Inspector, preview(&link, frame));
    view
}

/// Which size is chosen, and its row.
fn place(question: &Question) -> (usize, (&'static str, u32, u32)) {
    let place = question.order.as_ref().and_then(|order| order.parse().ok());
    let place = place.filter(|place| *place < SIZES.len()).unwrap_or_default();
    (place, SIZES[place])
}

/// What the frame is called: `/memory` is the Memory lab.
fn title(path: &str) -> String {
    let name = path.trim_start_matches('/');
    let mut letters = name.chars();
    let first = letters.next().map_or(' ', |letter| letter.to_ascii_uppercase());
    format!("Bitbudget: {first}{}", letters.as_str())
}

/// What is ticked of the present room: ticks of another are kept for that, but say nothing here.
struct Ticks<'a> {
    hide: Vec<&'a str>,
    lock: Vec<&'a str>,
    is_lab: bool,
}

/// Zones of a lab that can be hidden, by name.
const ZONES: [(&str, &str); 2] = [("choose", "Controls"), ("understand", "Why this number")];

impl<'a> Ticks<'a> {
    fn of(asked: &View, controls: &'a Pairs, path: &str) -> Self {
        let names = || controls.iter().map(|control| control.0.as_str());
        let is_lab = path != LEARN;
        let zones = ZONES.iter().map(|zone| zone.0).filter(|_| is_lab);
        Self {
            hide: zones.chain(names()).filter(|name| asked.hides(name)).collect(),
            lock: names().filter(|name| asked.locks(name)).collect(),
            is_lab,
        }
    }
}

/// The address of the frame.
#[inline(never)]
fn link(base: &str, asked: &View, ticks: &Ticks, hash: &str) -> String {
    let mut link = format!("{base}?embed=1");
    for (key, value) in write_keys(KEYS, &View { embed: false, ..*asked }) {
        let value = match key.as_str() {
            "hide" => ticks.hide.join(","),
            "lock" => ticks.lock.join(","),
            "predict" if !ticks.is_lab => continue,
            _ => value,
        };
        if !value.is_empty() {
            link += &format!("&{key}={}", percent_encode(&value));
        }
    }
    format!("{link}#{hash}")
}

/// The controls of a lab as it is: the key of each, and what is called.
#[inline(never)]
fn controls(path: &str, keys: &Pairs) -> Pairs {
    let form = match path {
        "/memory" => memory::controls(&MemoryScenario::from_keys(keys)),
        "/scaling" => scaling::controls(&ScalingScenario::from_keys(keys)),
        "/formats" => formats::controls::controls(&FormatsScenario::from_keys(keys)),
        "/quantize" => quantize::controls::controls(&QuantizeScenario::from_keys(keys)),
        _ => String::new(),
    };
    let (mut controls, mut name) = (Pairs::new(), "");
    for tag in form.split('<') {
        let (attributes, text) = tag.split_once('>').unwrap_or((tag, ""));
        if attributes.contains("field__label") {
            name = text;
        }
        let key = attributes.split_once(" data-key=\"").and_then(|(_, rest)| rest.split('"').next());
        if let Some(key) = key.filter(|key| !controls.iter().any(|control| control.0 == *key)) {
            controls.push((key.to_owned(), name.to_owned()));
        }
    }
    controls
}

/// What can be ticked.
#[inline(never)]
fn form(ticks: &Ticks, controls: &Pairs) -> String {
    let mut form = Form::new("embed");
    if ticks.is_lab {
        let zones: Pairs = ZONES.iter().map(|(key, name)| ((*key).to_owned(), (*name).to_owned())).collect();
        let hide: Vec<Chip> = zones.iter().chain(controls).map(|one| toggle("hide", &ticks.hide, one)).collect();
        let lock: Vec<Chip> = controls.iter().map(|one| toggle("lock", &ticks.lock, one)).collect();
        form.html(|html| {
            chips(html, "Hide", &hide);
            chips(html, "Show, but let nobody change", &lock);
        });
        form.choice("predict", "Show the answer", &[("0", "At once"), ("1", "After a guess")]);
    }
    let themes = ThemeChoice::ALL.map(|theme| (theme.id(), theme.name()));
    form.menu("theme", "theme", "Colours", &plain(themes));
    let sizes = ["0", "14", "18", "20", "22", "24", "28"].map(|px| (px, if px == "0" { "As usual" } else { px }));
    form.menu("fs", "fs", "Size of the text, px", &plain(sizes));
    form.choice("motion", "Motion", &[("on", "As the reader has it"), ("off", "None")]).finish()
}

/// A button that is on or off.
struct Chip {
    /// By this the focus finds it again: what it does changes with each press.
    id: String,
    action: String,
    text: String,
    is_on: bool,
}

impl Chip {
    fn new(group: &str, name: &str, action: String, text: String, is_on: bool) -> Self {
        Self { id: format!("embed-{group}-{name}"), action, text, is_on }
    }
}

/// A button that puts a name on a list, or takes it off.
#[inline(never)]
fn toggle(key: &str, list: &[&str], (name, text): &(String, String)) -> Chip {
    let is_on = list.contains(&name.as_str());
    let mut names: Vec<&str> = list.iter().copied().filter(|one| one != name).collect();
    if !is_on {
        names.push(name);
    }
    Chip::new(key, name, format!("{key}={}", percent_encode(&names.join(","))), text.clone(), is_on)
}

/// Buttons that are on or off; nothing if there is none.
#[inline(never)]
fn chips(html: &mut Html, name: &str, all: &[Chip]) {
    if all.is_empty() {
        return;
    }
    html.open("div", &[("class", "field"), ("role", "group"), ("aria-label", name)]);
    html.element("span", &[("class", "field__label")], name).open("div", &[("class", "chips")]);
    for Chip { id, action, text, is_on } in all {
        let pressed = ("aria-pressed", if *is_on { "true" } else { "false" });
        let button = [("type", "button"), ("class", "chip-button"), ("id", id), ("data-do", action), pressed];
        // What is in a form is escaped already.
        html.open("button", &button).raw(text).close("button");
    }
    html.close("div").close("div");
}

/// Kinds of pages, and what is written into them.
#[inline(never)]
fn snippets(link: &str, title: &str, (_, width, height): (&str, u32, u32)) -> Vec<(&'static str, String)> {
    let attribute = link.replace('&', "&amp;");
    let frame = format!(
        "<iframe src=\"{attribute}\" width=\"{width}\" height=\"{height}\" title=\"{title}\" style=\"border:0;max-width:100%\"></iframe>"
    );
    let jsx = format!(
        "<iframe src=\"{link}\" width=\"{width}\" height=\"{height}\" title=\"{title}\" style={{{{border: 0, maxWidth: '100%'}}}} />"
    );
    let python = format!("from IPython.display import IFrame\nIFrame(\"{link}\", width={width}, height={height})");
    vec![
        ("HTML", frame.clone()),
        ("Markdown", format!("[{title}]({link})\n\n{frame}")),
        ("Quarto", format!("```{{=html}}\n{frame}\n```")),
        ("Docusaurus (MDX)", jsx),
        ("Jupyter", python),
        ("Canvas, Moodle", format!("<p>{frame}</p>")),
        ("Link", link.to_owned()),
    ]
}

/// The snippets, each with a button that copies it.
#[inline(never)]
fn written(snippets: &[(&str, String)], length: usize) -> String {
    let mut html = Html::default();
    if length >= LONGEST {
        let long = format!("The link has {length} characters; some course systems cut links at {LONGEST}.");
        html.element("p", &[("class", "warning")], &long);
    }
    for (i, (name, text)) in snippets.iter().enumerate() {
        let id = format!("embed-as-{i}");
        html.open("details", &[("class", "more"), ("id", &format!("{id}-more"))]);
        html.element("summary", &[], name).element("pre", &[("class", "formula"), ("id", &id)], text);
        html.button("button", &id, &format!("Copy {name}")).close("details");
    }
    html.finish()
}

/// The frame itself.
fn preview(link: &str, (_, width, height): (&str, u32, u32)) -> String {
    let mut html = Html::default();
    html.open("div", &[("class", "table-scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", "Preview")]);
    let (width, height) = (width.to_string(), height.to_string());
    let size =
        [("width", width.as_str()), ("height", &height), ("title", "Preview of the frame"), ("class", "preview")];
    html.open("iframe", &[&[("src", link)][..], &size].concat()).close("iframe").close("div").finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::{Lab, form as forms};

    const PAGE: &str = "https://example.org/bitbudget/";

    fn asked(hash: &str, keys: &[(&str, &str)]) -> LabView {
        let keys = keys.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        view(&Question { lab: Lab::Embed, typed: format!("{PAGE}#{hash}"), keys, ..Question::default() })
    }

    #[test]
    fn a_frame_has_what_was_ticked_and_the_lab_as_it_is() {
        let view = asked("/memory?v=1&task=run", &[("hide", "context,choose"), ("predict", "1"), ("theme", "dark")]);
        let link = view.part(Part::Takeaway);
        assert_eq!(
            link,
            "https://example.org/bitbudget/?embed=1&theme=dark&hide=choose,context&predict=1#/memory?v=1&task=run"
        );
        assert!(
            view.part(Part::Cards)
                .contains("&lt;iframe src=&quot;https://example.org/bitbudget/?embed=1&amp;amp;theme=dark")
        );
        assert!(view.part(Part::Cards).contains("IFrame(&quot;https://"));
        assert!(view.part(Part::Inspector).contains("width=\"640\" height=\"420\""));
        let form = &view.inputs.form;
        assert!(
            form.contains("id=\"embed-hide-context\" data-do=\"hide=choose\" aria-pressed=\"true\">Context"),
            "{form}"
        );
        assert!(form.contains("data-do=\"lock=gpu\" aria-pressed=\"false\">"));
        assert_eq!(View::read(link.split_once('?').unwrap().1.split('#').next().unwrap()).1, []);
    }

    #[test]
    fn ticks_of_one_room_say_nothing_in_another() {
        let ticks = [("hide", "context,choose,round"), ("lock", "gpu"), ("predict", "1"), ("theme", "dark")];
        let link = |hash: &str| asked(hash, &ticks).part(Part::Takeaway).to_owned();
        assert!(link("/formats?v=1").contains("/?embed=1&theme=dark&hide=choose,round&predict=1#"));
        assert!(link("/learn?v=1&step=1").contains("/?embed=1&theme=dark#"));
    }

    #[test]
    fn every_lab_names_its_controls() {
        for (hash, key) in [("/memory", "gpu"), ("/scaling", "law"), ("/formats", "x"), ("/quantize", "format")] {
            let controls = controls(hash, &Pairs::new());
            assert!(controls.iter().any(|control| control.0 == key && !control.1.is_empty()), "{hash}: {controls:?}");
            assert!(controls.iter().all(|control| !control.1.is_empty()), "{hash}: {controls:?}");
        }
        let story = asked("/learn?v=1&step=2", &[]);
        assert!(
            !story.inputs.form.contains("Hide") && story.part(Part::Takeaway).ends_with("?embed=1#/learn?v=1&step=2")
        );
    }

    #[test]
    fn the_form_sets_keys_of_a_link() {
        forms::check(&asked("/memory", &[]).inputs.form, KEYS, &View::default());
        let does = |list: &[&str]| toggle("hide", list, &("a".to_owned(), "A".to_owned())).action;
        assert_eq!((does(&["a", "b"]), does(&["b"])), ("hide=b".to_owned(), "hide=b,a".to_owned()));
    }

    #[test]
    fn a_link_that_is_too_long_is_said_to_be() {
        let long = asked(&format!("/formats?v=1&values={}", "1,".repeat(200)), &[]);
        assert!(long.part(Part::Cards).contains("some course systems cut links at 300"));
        assert!(!asked("/memory?v=1", &[]).part(Part::Cards).contains("some course systems"));
    }
}
