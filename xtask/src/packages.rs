//! What the tests need beside Rust, from Debian's packages.
//!
//! Looked for by file, not by package name, so that a machine which has the program by another way is left alone.

use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// One thing that must be on the machine.
pub(crate) struct Need {
    debian_package: &'static str,
    purpose: &'static str,
    present: fn() -> bool,
}

/// What `cargo xtask test` needs.
pub(crate) const FOR_TESTS: &[Need] = &[
    Need {
        debian_package: "postgresql",
        purpose: "the second database engine",
        present: || postgres_programs().is_some(),
    },
    Need {
        debian_package: "chromium",
        purpose: "browser tests",
        present: || exists("/usr/bin/chromium"),
    },
    Need {
        debian_package: "chromium-driver",
        purpose: "browser tests",
        present: || exists(CHROMEDRIVER),
    },
    Need {
        debian_package: "oathtool",
        purpose: "agreement on one-time codes",
        present: || exists("/usr/bin/oathtool"),
    },
    Need {
        debian_package: "python3-aiosmtpd",
        purpose: "a real mail server",
        present: || exists("/usr/lib/python3/dist-packages/aiosmtpd/__init__.py"),
    },
    Need {
        debian_package: "kannel",
        purpose: "a real gateway for text messages",
        present: || exists("/usr/sbin/bearerbox") && exists("/usr/sbin/smsbox"),
    },
    Need {
        debian_package: "kannel-extras",
        purpose: "a carrier behind the gateway that is none",
        present: || exists("/usr/lib/kannel/test/fakesmsc"),
    },
    Need {
        debian_package: "nginx-light",
        purpose: "a proxy in front",
        present: || exists("/usr/sbin/nginx"),
    },
    Need {
        debian_package: "caddy",
        purpose: "a proxy in front",
        present: || exists("/usr/bin/caddy"),
    },
    Need {
        debian_package: "curl",
        purpose: "TLS and the proxies, met by somebody else's client",
        present: || exists("/usr/bin/curl"),
    },
    Need {
        debian_package: "jq",
        purpose: "the tutorial for developers, run as it stands",
        present: || exists("/usr/bin/jq"),
    },
    Need {
        debian_package: "openssl",
        purpose: "certificates for tests",
        present: || exists("/usr/bin/openssl"),
    },
];

/// What installing a tool from PyPI needs: the spelling checker, and the tester of the API's description.
pub(crate) const FOR_PYTHON_TOOLS: &[Need] = &[Need {
    debian_package: "python3-venv",
    purpose: "a folder of its own for a tool written in Python",
    present: || python_with_venv().is_some(),
}];

/// Where Debian puts the program that drives Chromium.
pub(crate) const CHROMEDRIVER: &str = "/usr/bin/chromedriver";

/// Whether questions may be answered with yes: asked for by `--yes`, or by `CI=true`.
#[derive(Clone, Copy)]
pub(crate) struct Consent(pub(crate) bool);

impl Consent {
    /// Consent given on the command line, or by the environment of a build machine.
    pub(crate) fn from_flag(yes: bool) -> Self {
        Self(yes || on_a_build_machine())
    }
}

/// Whether this runs unattended (`CI=true`).
pub(crate) fn on_a_build_machine() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// Whether this process may do everything.
///
/// # Errors
/// When the system has no `/proc`.
pub(crate) fn is_root() -> Result<bool> {
    let owner = std::fs::metadata("/proc/self").context("cannot read /proc/self")?;
    Ok(owner.uid() == 0)
}

/// Installs what is missing, after saying so and, without `consent`, after asking.
///
/// # Errors
/// When consent is refused or cannot be asked for, or when apt-get fails or leaves something missing.
pub(crate) fn install_missing(needs: &[Need], consent: Consent) -> Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|need| need.debian_package).collect();
    println!("Missing on this machine, to be installed from Debian's packages:");
    for need in &missing {
        println!("  {:<18} {}", need.debian_package, need.purpose);
    }
    if !exists("/usr/bin/apt-get") {
        bail!("no apt-get here: install {} by hand", names.join(", "));
    }
    if !consent.0 {
        ask(&names)?;
    }
    apt_get(&["update"])?;
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(&names);
    apt_get(&install)?;
    match missing.iter().find(|need| !(need.present)()) {
        None => Ok(()),
        Some(need) => bail!(
            "{} is installed, but its files are not where they are expected",
            need.debian_package
        ),
    }
}

fn ask(names: &[&str]) -> Result<()> {
    let by_hand = format!("apt-get install {}", names.join(" "));
    if !std::io::stdin().is_terminal() {
        bail!("nobody to ask: run `{by_hand}` first, or pass --yes");
    }
    print!("Install them now? [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        bail!("not installed; `{by_hand}` does it by hand")
    }
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    // RUNLEVEL=1 keeps the packages from starting services of their own: the tests start private ones.
    let mut words = vec![
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "RUNLEVEL=1",
        "apt-get",
    ];
    if !is_root()? {
        words.insert(0, "sudo");
    }
    words.extend(arguments);
    println!("$ {}", words.join(" "));
    let (program, rest) = words.split_first().context("an empty command")?;
    let status = Command::new(program)
        .args(rest)
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    if status.success() {
        Ok(())
    } else {
        bail!("`{}` failed", words.join(" "))
    }
}

/// The folder with `initdb` and `postgres`, of the newest release installed.
pub(crate) fn postgres_programs() -> Option<PathBuf> {
    std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let release: u32 = entry.file_name().to_str()?.parse().ok()?;
            let programs = entry.path().join("bin");
            programs
                .join("initdb")
                .exists()
                .then_some((release, programs))
        })
        .max_by_key(|(release, _)| *release)
        .map(|(_, programs)| programs)
}

/// A Python that can make virtual environments.
pub(crate) fn python_with_venv() -> Option<&'static str> {
    ["python3", "/usr/bin/python3"].into_iter().find(|python| {
        Command::new(python)
            .args(["-c", "import ensurepip, venv"])
            .output()
            .is_ok_and(|output| output.status.success())
    })
}

fn exists(path: &str) -> bool {
    Path::new(path).exists()
}
