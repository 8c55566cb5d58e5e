//! The project's own tooling: what `cargo xtask` runs, and what the end-to-end tests share with it.
//!
//! [`tools`] finds or installs the programs that Cargo does not bring; [`site`] serves the built page. The rest is one
//! module a command: [`page`] builds, [`legs`] tests, [`size`] holds the first load to its budget,
//! [`fuzz`] fuzzes the readers of files, [`audit`] measures the page with Lighthouse, and [`bench`] the engine's arithmetic; both write [`performance`].

pub mod audit;
pub mod bench;
pub mod fuzz;
pub mod imports;
pub mod legs;
pub mod page;
pub mod performance;
pub mod process;
pub mod site;
pub mod size;
pub mod tools;

/// An error is a sentence for a person at a terminal: what is wrong, and what to type.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// What most functions here return.
pub type Result<T, E = Error> = std::result::Result<T, E>;
