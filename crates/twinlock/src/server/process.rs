//! What the system says of this process, under the names Prometheus' own libraries use.

use super::metrics::{Page, float};

/// Clock ticks a second and bytes a page, fixed on the systems this is built for (Linux, x86-64 and arm64).
const TICKS: f64 = 100.0;
const PAGE_BYTES: u64 = 4096;

/// Processor time, memory, open files and start; what cannot be read is left out.
pub(super) fn figures(page: &mut Page) {
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else {
        return;
    };
    // The name in parentheses may hold spaces; fields are counted from behind it, from the third.
    let fields: Vec<u64> = stat
        .rsplit_once(')')
        .map(|(_, rest)| {
            rest.split_whitespace()
                .skip(1)
                .map(|field| field.parse().unwrap_or_default())
                .collect()
        })
        .unwrap_or_default();
    let field = |number: usize| fields.get(number - 4).copied().unwrap_or_default();
    let name = "process_cpu_seconds_total";
    page.family(name, "counter", "Processor time used.");
    page.sample(name, &[], float(field(14) + field(15)) / TICKS);
    let name = "process_resident_memory_bytes";
    page.family(name, "gauge", "Memory in use.");
    page.sample(name, &[], float(field(24) * PAGE_BYTES));
    let name = "process_threads";
    page.family(name, "gauge", "Threads.");
    page.sample(name, &[], float(field(20)));
    if let Some(boot) = booted_at() {
        let name = "process_start_time_seconds";
        page.family(name, "gauge", "When the process began, since 1970.");
        page.sample(name, &[], float(boot) + float(field(22)) / TICKS);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        let name = "process_open_fds";
        page.family(name, "gauge", "Open files and connections.");
        page.sample(name, &[], float(open.count() as u64));
    }
    if let Some(limit) = most_files() {
        let name = "process_max_fds";
        page.family(name, "gauge", "Files and connections it may have open.");
        page.sample(name, &[], float(limit));
    }
}

fn booted_at() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let line = stat.lines().find(|line| line.starts_with("btime "))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn most_files() -> Option<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}
