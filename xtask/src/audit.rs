//! `cargo xtask audit`: the page as Lighthouse sees it on a simulated phone, against the targets.

use crate::{
    Result,
    page::{self, Wasm},
    performance,
    site::{Options, Site},
    tools,
};
use serde_json::Value;
use std::{fmt::Write, fs, process::Command};

const RUNS: usize = 3;

struct Metric {
    name: &'static str,
    /// Where it stands in Lighthouse's report.
    pointer: &'static str,
    /// From Lighthouse's unit to the one shown.
    scale: f64,
    digits: usize,
    unit: &'static str,
    target: Target,
}

#[derive(Clone, Copy)]
enum Target {
    AtLeast(f64),
    AtMost(f64),
    None,
}

#[rustfmt::skip] // a table
const METRICS: [Metric; 8] = [
    Metric { name: "Performance", pointer: "/categories/performance/score", scale: 100.0, digits: 0, unit: "", target: Target::AtLeast(95.0) },
    Metric { name: "Accessibility", pointer: "/categories/accessibility/score", scale: 100.0, digits: 0, unit: "", target: Target::AtLeast(100.0) },
    Metric { name: "Best practices", pointer: "/categories/best-practices/score", scale: 100.0, digits: 0, unit: "", target: Target::AtLeast(100.0) },
    Metric { name: "Largest contentful paint", pointer: "/audits/largest-contentful-paint/numericValue", scale: 1e-3, digits: 2, unit: " s", target: Target::AtMost(1.8) },
    Metric { name: "Cumulative layout shift", pointer: "/audits/cumulative-layout-shift/numericValue", scale: 1.0, digits: 3, unit: "", target: Target::AtMost(0.02) },
    Metric { name: "First contentful paint", pointer: "/audits/first-contentful-paint/numericValue", scale: 1e-3, digits: 2, unit: " s", target: Target::None },
    Metric { name: "Total blocking time", pointer: "/audits/total-blocking-time/numericValue", scale: 1.0, digits: 0, unit: " ms", target: Target::None },
    Metric { name: "Transferred", pointer: "/audits/total-byte-weight/numericValue", scale: 1e-3, digits: 0, unit: " KB", target: Target::None },
];

impl Metric {
    fn of(&self, report: &Value) -> Result<f64> {
        let value = report.pointer(self.pointer).and_then(Value::as_f64);
        Ok(value.ok_or_else(|| format!("Lighthouse gave no {}: {}", self.name, report["runtimeError"]))? * self.scale)
    }

    fn show(&self, value: f64) -> String {
        format!("{value:.*}{}", self.digits, self.unit)
    }

    fn target(&self) -> String {
        match self.target {
            Target::AtLeast(value) => format!("≥ {value}{}", self.unit),
            Target::AtMost(value) => format!("≤ {value}{}", self.unit),
            Target::None => String::new(),
        }
    }

    fn is_met_by(&self, value: f64) -> bool {
        match self.target {
            Target::AtLeast(target) => value >= target,
            Target::AtMost(target) => value <= target,
            Target::None => true,
        }
    }
}

/// Builds, measures, prints the table and writes it into docs/performance.md. Returns whether every target is met.
pub fn run() -> Result<bool> {
    let (node, lighthouse, chromium) = (tools::node()?, tools::lighthouse()?, tools::chromium()?);
    if page::build()? == Wasm::Unoptimized {
        return Err("an audit of the unoptimized page would say nothing: wasm-opt is missing (see above)".into());
    }
    // As a course would host it: below a sub-path and compressed.
    let options = Options { mount: "/course/bitbudget/".into(), gzip: true, ..Options::default() };
    let site = Site::serve(page::dist(), ("127.0.0.1", 0), options)?;
    let folder = tools::root().join("target/audit");
    fs::create_dir_all(&folder)?;
    let mut reports = Vec::new();
    for number in 1..=RUNS {
        println!("Lighthouse, run {number} of {RUNS}");
        let path = folder.join(format!("lighthouse-{number}.json"));
        tools::run(
            Command::new(&node)
                .arg(&lighthouse)
                .arg(site.url())
                .args(["--quiet", "--output=json", "--only-categories=performance,accessibility,best-practices"])
                .args(["--form-factor=mobile", "--throttling-method=simulate", "--no-enable-error-reporting"])
                .arg("--chrome-flags=--headless=new --no-sandbox --disable-quic --disable-sync --disable-component-update")
                .arg(format!("--output-path={}", path.display()))
                .env("CHROME_PATH", &chromium.binary),
        )?;
        reports.push(serde_json::from_str::<Value>(&fs::read_to_string(path)?)?);
    }
    let (table, passed) = table(&reports)?;
    println!("\n{table}");
    performance::write("audit", &table)?;
    Ok(passed)
}

fn table(reports: &[Value]) -> Result<(String, bool)> {
    let version = reports.first().and_then(|report| report["lighthouseVersion"].as_str()).unwrap_or("?");
    let mut text = format!(
        "Lighthouse {version}, mobile simulation, gzip, served below /course/bitbudget/; median of {} runs.\n\n\
         | | median | target | met |\n|---|---:|---:|---|\n",
        reports.len()
    );
    let mut passed = true;
    for metric in &METRICS {
        let values = reports.iter().map(|report| metric.of(report)).collect::<Result<Vec<_>>>()?;
        let value = median(values).ok_or("Lighthouse made no report")?;
        let met = match metric.target {
            Target::None => "",
            _ if metric.is_met_by(value) => "yes",
            _ => "**no**",
        };
        passed &= metric.is_met_by(value);
        let _ = writeln!(text, "| {} | {} | {} | {met} |", metric.name, metric.show(value), metric.target());
    }
    Ok((text, passed))
}

/// The middle value; the lower of the two for an even number.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report(performance: f64, lcp: f64) -> Value {
        json!({
            "lighthouseVersion": "12.8.2",
            "categories": {
                "performance": { "score": performance },
                "accessibility": { "score": 1.0 },
                "best-practices": { "score": 1 },
            },
            "audits": {
                "largest-contentful-paint": { "numericValue": lcp },
                "cumulative-layout-shift": { "numericValue": 0.0 },
                "first-contentful-paint": { "numericValue": 900.0 },
                "total-blocking-time": { "numericValue": 12.3 },
                "total-byte-weight": { "numericValue": 201_400.0 },
            },
        })
    }

    #[test]
    fn the_median_is_the_middle_value() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![5.0]), Some(5.0));
        assert_eq!(median(vec![]), None);
    }

    #[test]
    fn one_bad_run_of_three_does_not_fail_the_audit_but_two_do() {
        let (text, passed) = table(&[report(0.99, 1500.0), report(0.80, 2500.0), report(0.95, 1800.0)]).unwrap();
        assert!(passed, "{text}");
        assert!(text.contains("| Performance | 95 | ≥ 95 | yes |\n"), "{text}");
        assert!(text.contains("| Largest contentful paint | 1.80 s | ≤ 1.8 s | yes |\n"), "{text}");
        let (text, passed) = table(&[report(0.99, 1500.0), report(0.80, 2500.0), report(0.94, 1801.0)]).unwrap();
        assert!(!passed && text.contains("| Performance | 94 | ≥ 95 | **no** |\n"), "{text}");
    }

    #[test]
    fn a_report_without_scores_is_an_error() {
        assert!(table(&[json!({ "runtimeError": { "code": "NO_FCP" } })]).is_err());
    }
}
