//! Twinlock.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything that may speak TLS; it fails only when there is one already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    twinlock::cli::main()
}
