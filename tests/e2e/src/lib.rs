//! The built page as its readers meet it: in real browsers, steered by WebDriver.
//!
//! A test is `e2e::with_page(Gpu::On, async |page| …)`: it gets a browser of its own (so that storage, history and
//! settings are those of a first visit) on a server of its own, and both end with it, however it ends. Tests wait for
//! what the page says (`<body data-state>`), never for time to pass. Whatever the page writes to the console fails the
//! test that made it do so.
//!
//! `BITBUDGET_BROWSER` names the browser, `chromium` (also the default) or `firefox`, and `BITBUDGET_DIST` the site.

mod browser;
mod page;
mod stage;

pub use browser::{Gpu, Kind, kind};
pub use page::{Page, close};
pub use stage::{Stage, folder};
pub use thirtyfour::Key;

use browser::Browser;
use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::{Duration, Instant},
};

/// A test that takes longer than this hangs.
const LIMIT: Duration = Duration::from_secs(240);

/// Runs a test on the site as it is deployed, in a fresh browser.
pub fn with_page(gpu: Gpu, test: impl AsyncFnOnce(&Page)) {
    with_page_on(Stage::new("/"), gpu, test);
}

/// Runs a test on a site of one's own, in a fresh browser, and checks at its end that the console is empty.
pub fn with_page_on(stage: Stage, gpu: Gpu, test: impl AsyncFnOnce(&Page)) {
    let start = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime can be started");
    let browser = runtime.block_on(Browser::start(gpu));
    let page = Page::new(browser.driver.clone(), stage);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let whole = async {
                test(&page).await;
                page.assert_silent().await;
            };
            tokio::time::timeout(LIMIT, whole).await.expect("the test ends in time");
        });
    }));
    runtime.block_on(browser.quit());
    // Seen with `--show-output`.
    println!("{:.1} s", start.elapsed().as_secs_f64());
    if let Err(failure) = outcome {
        resume_unwind(failure);
    }
}
