//! CPU time of a process, user and system apart.

use anyhow::{Context as _, Result};

/// CPU seconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    /// In the program itself.
    pub(crate) user: f64,
    /// In the kernel for it: network, files, waiting for the disk.
    pub(crate) system: f64,
}

impl Usage {
    /// What a process has used so far (proc(5): fields 14 and 15 of its stat file, in hundredths).
    pub(crate) fn of(process: u32) -> Result<Self> {
        Self::read(&format!("/proc/{process}/stat"))
    }

    /// What this process has used so far.
    pub(crate) fn own() -> Result<Self> {
        Self::read("/proc/self/stat")
    }

    fn read(path: &str) -> Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let after_name = text.rsplit_once(')').context("stat")?.1;
        let mut fields = after_name.split_whitespace().skip(11);
        let mut seconds =
            || -> Result<f64> { Ok(fields.next().context("stat")?.parse::<f64>()? / 100.0) };
        Ok(Self {
            user: seconds()?,
            system: seconds()?,
        })
    }

    /// What was used since an earlier look.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            user: self.user - earlier.user,
            system: self.system - earlier.system,
        }
    }

    /// For a thousand of so many operations.
    pub(crate) fn per_thousand(self, operations: usize) -> Self {
        let factor = 1000.0 / operations.max(1) as f64;
        Self {
            user: self.user * factor,
            system: self.system * factor,
        }
    }

    /// Both together.
    pub(crate) fn total(self) -> f64 {
        self.user + self.system
    }
}
