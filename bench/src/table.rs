//! The one table a run prints.

use crate::client::{Outcome, millis};
use crate::usage::Usage;

/// Rows, printed as they are measured.
pub(crate) struct Table(());

/// What a figure should be.
#[derive(Clone, Copy)]
pub(crate) struct Goal {
    bound: f64,
    at_most: bool,
    unit: &'static str,
}

impl Goal {
    /// No more than this.
    pub(crate) fn at_most(bound: f64, unit: &'static str) -> Self {
        Self {
            bound,
            at_most: true,
            unit,
        }
    }

    /// No less than this.
    pub(crate) fn at_least(bound: f64, unit: &'static str) -> Self {
        Self {
            at_most: false,
            ..Self::at_most(bound, unit)
        }
    }

    fn told(self, figure: f64) -> String {
        let (sign, met) = if self.at_most {
            ("≤", figure <= self.bound)
        } else {
            ("≥", figure >= self.bound)
        };
        let verdict = if met { "met" } else { "MISSED" };
        format!("{sign} {} {}: {verdict}", self.bound, self.unit).replace(" :", ":")
    }
}

impl Table {
    /// A table with its head.
    pub(crate) fn new() -> Self {
        println!("{:<5} {:<46} {:>24}  goal", "work", "what", "figure");
        Self(())
    }

    /// Everything below is about this.
    pub(crate) fn heading(&mut self, what: &str) {
        println!("-- {what}");
    }

    /// A figure with its goal.
    pub(crate) fn goal(&mut self, work: &str, what: &str, figure: f64, goal: Goal) {
        let digits = if goal.bound < 1.0 {
            3
        } else if goal.bound < 10.0 {
            2
        } else {
            1
        };
        let shown = format!("{figure:.digits$} {}", goal.unit);
        self.push(work, what, shown.trim_end().to_owned(), goal.told(figure));
    }

    /// A limit of this machine in this run.
    pub(crate) fn limit(&mut self, work: &str, what: &str, figure: String) {
        self.push(work, what, figure, String::from("limit"));
    }

    /// A figure without a goal of its own.
    pub(crate) fn seen(&mut self, work: &str, what: &str, figure: String) {
        self.push(work, what, figure, String::new());
    }

    /// How many were accepted, and how long they took.
    pub(crate) fn outcome(&mut self, work: &str, what: &str, outcome: &Outcome) {
        self.seen(
            work,
            what,
            format!("{:.0}/s, {} refused", outcome.rate(), outcome.refused),
        );
        let (half, most) = (outcome.percentile(50), outcome.percentile(99));
        self.seen(
            work,
            "p50 / p99",
            format!("{:.1} / {:.1} ms", millis(half), millis(most)),
        );
    }

    /// CPU seconds per thousand operations, against what they may cost together.
    pub(crate) fn cpu(&mut self, work: &str, used: Usage, most: Option<f64>) {
        match most {
            Some(most) => self.goal(
                work,
                "CPU seconds per 1,000",
                used.total(),
                Goal::at_most(most, ""),
            ),
            None => self.seen(
                work,
                "CPU seconds per 1,000",
                format!("{:.3}", used.total()),
            ),
        }
        self.seen(
            work,
            "  of them user / system",
            format!("{:.3} / {:.3}", used.user, used.system),
        );
    }

    fn push(&mut self, work: &str, what: &str, figure: String, goal: String) {
        println!("{work:<5} {what:<46} {figure:>24}  {goal}");
    }
}
