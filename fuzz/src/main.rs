//! The fuzzer's entry point: `TWINLOCK_FUZZ_TARGET` names the property, libFuzzer makes the bytes.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

static CHOSEN: OnceLock<Option<fn(&[u8])>> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    let chosen = CHOSEN.get_or_init(|| {
        let wanted = std::env::var("TWINLOCK_FUZZ_TARGET").unwrap_or_default();
        twinlock_fuzz::target(&wanted)
    });
    assert!(chosen.is_some(), "TWINLOCK_FUZZ_TARGET names no target");
    if let Some(holds) = chosen {
        holds(bytes);
    }
});
