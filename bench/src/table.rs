//! The one table a run prints.

/// Rows in the order they were measured.
pub(crate) struct Table(Vec<[String; 4]>);

impl Table {
    /// An empty table.
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// A figure with its goal.
    pub(crate) fn goal(&mut self, work: &str, what: &str, figure: String, goal: &str, met: bool) {
        let verdict = if met { "met" } else { "MISSED" };
        self.0.push([
            work.to_owned(),
            what.to_owned(),
            figure,
            format!("{goal}: {verdict}"),
        ]);
    }

    /// A limit of this machine in this run.
    pub(crate) fn limit(&mut self, work: &str, what: &str, figure: String) {
        self.0.push([
            work.to_owned(),
            what.to_owned(),
            figure,
            String::from("limit"),
        ]);
    }

    /// A figure without a goal of its own.
    pub(crate) fn seen(&mut self, work: &str, what: &str, figure: String) {
        self.0
            .push([work.to_owned(), what.to_owned(), figure, String::new()]);
    }

    /// Prints it.
    pub(crate) fn print(&self) {
        println!("{:<4} {:<42} {:>24}  goal", "work", "what", "figure");
        for [work, what, figure, goal] in &self.0 {
            println!("{work:<4} {what:<42} {figure:>24}  {goal}");
        }
    }
}
