//! The layers of `crates/twinlock`: who may use whom, and which files a feature consists of.

/// One module directly below `crates/twinlock/src`.
pub(crate) struct Module {
    /// Its name, without `.rs`.
    pub(crate) name: &'static str,
    /// Whether its folder is a feature, made of the files of [`FEATURE_FILES`] only.
    pub(crate) is_feature: bool,
}

const fn feature(name: &'static str) -> Module {
    Module {
        name,
        is_feature: true,
    }
}

const fn part(name: &'static str) -> Module {
    Module {
        name,
        is_feature: false,
    }
}

/// From top to bottom. A module may use modules of lower lines only: not its neighbours, not what stands above.
///
/// A new module gets its place here first: as low as what it uses allows.
pub(crate) const LAYERS: &[&[Module]] = &[
    &[part("main")],
    &[part("lib")],
    &[part("cli")],
    &[part("demo")],
    &[part("server")],
    &[part("routes")],
    &[
        feature("help"),
        feature("api_reference"),
        feature("oidc"),
        feature("forward_auth"),
        feature("verify_api"),
        feature("imports"),
    ],
    &[
        feature("recovery"),
        feature("admin"),
        feature("settings"),
        feature("delivery_reports"),
    ],
    &[feature("step_up"), feature("sign_up"), feature("freeze")],
    &[feature("sign_in")],
    &[part("edge")],
    &[feature("organization"), feature("application")],
    &[feature(AUTHENTICATORS)],
    &[feature("session"), feature("account")],
    &[feature("text_messages")],
    &[
        feature("trusted_device"),
        feature("audit"),
        feature("throttle"),
        feature("outbox"),
        feature("challenge"),
        feature("undo"),
    ],
    // What a request can reach is built from the settings, never the other way round.
    &[part("app")],
    &[part("config")],
];

/// The folder with one folder per kind of authenticator, which never use each other.
pub(crate) const AUTHENTICATORS: &str = "authenticators";

/// The only Rust files of a feature, so that a file is guessed before it is searched.
pub(crate) const FEATURE_FILES: &[&str] = &[
    "mod.rs",
    "rules.rs",
    "flow.rs",
    "store.rs",
    "pages.rs",
    "api.rs",
    "config.rs",
];

/// Files of a feature that may grow into a folder of the same name when they get too long.
pub(crate) const MAY_BE_FOLDERS: &[&str] = &["rules", "flow", "store", "pages", "api"];

/// Endings of the templates that lie beside a feature's code.
pub(crate) const TEMPLATE_ENDINGS: &[&str] = &["html", "txt"];

/// The line a module stands on, counted from the top, and the module.
pub(crate) fn find(name: &str) -> Option<(usize, &'static Module)> {
    LAYERS.iter().enumerate().find_map(|(line, modules)| {
        let module = modules.iter().find(|module| module.name == name)?;
        Some((line, module))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_module_stands_twice() {
        let mut names: Vec<&str> = LAYERS
            .iter()
            .copied()
            .flatten()
            .map(|module| module.name)
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
