//! The built page as its readers meet it: in real browsers, steered by WebDriver.
//!
//! A test is `e2e::with_page(Gpu::On, async |page| …)`: it gets a server of its own, and so an origin with a storage of
//! its own, and a fresh window. Browsers are handed on from test to test, since their start takes longer than most
//! tests; one that a test failed in is not, and the last test ends them all. Tests wait for what the page says
//! (`<body data-state>`), never for time to pass. Whatever the page writes to the console fails the test that made it
//! do so.
//!
//! `BITBUDGET_BROWSER` names the browser, `chromium` (also the default) or `firefox`, and `BITBUDGET_DIST` the site.
//! With `BITBUDGET_NO_GPU` set, tests that want WebGPU are left out.

mod browser;
mod page;
mod stage;

pub use browser::{Gpu, Kind, kind};
pub use page::{Page, close};
pub use stage::{Stage, folder};
pub use thirtyfour::Key;

use browser::Pool;
use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::LazyLock,
    time::{Duration, Instant},
};
use tokio::runtime::{Builder, Runtime};

/// A test that takes longer than this hangs.
const LIMIT: Duration = Duration::from_secs(240);

/// One for all tests: connections to the browsers' drivers live in it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime can be started")
});

/// Runs a test on the site as it is deployed, in a fresh window.
pub fn with_page(gpu: Gpu, test: impl AsyncFnOnce(&Page)) {
    with_page_on(Stage::new("/"), gpu, test);
}

/// Runs a test on a site of one's own, in a fresh window, and checks at its end that the console is empty.
pub fn with_page_on(stage: Stage, gpu: Gpu, test: impl AsyncFnOnce(&Page)) {
    if gpu == Gpu::On && env::var_os("BITBUDGET_NO_GPU").is_some() {
        println!("left out: it wants WebGPU, and this browser has none");
        return;
    }
    let start = Instant::now();
    let pool = Pool::enter();
    let browser = RUNTIME.block_on(pool.browser(gpu));
    let page = Page::new(browser.driver.clone(), stage);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        RUNTIME.block_on(async {
            let whole = async {
                page.fresh_window().await;
                test(&page).await;
                page.assert_silent().await;
            };
            tokio::time::timeout(LIMIT, whole).await.expect("the test ends in time");
        });
    }));
    RUNTIME.block_on(pool.leave(browser, outcome.is_ok()));
    // Seen with `--show-output`.
    println!("{:.1} s", start.elapsed().as_secs_f64());
    if let Err(failure) = outcome {
        resume_unwind(failure);
    }
}
