//! The help pages, and under which settings their parts are shown.

use super::{Article, Day, Part};
use crate::config::{AllowedKind, Ask, Methods, Settings};

const REVISED: Day = Day {
    year: 2026,
    month: 11,
    day: 22,
};

fn codes_can_be_revealed(settings: &Settings) -> bool {
    settings.two_factor.backup_codes.reveal
}

fn codes_cannot_be_revealed(settings: &Settings) -> bool {
    !settings.two_factor.backup_codes.reveal
}

fn everybody_must(settings: &Settings) -> bool {
    settings.two_factor.required
}

fn nobody_must(settings: &Settings) -> bool {
    !settings.two_factor.required
}

fn several_allowed(settings: &Settings) -> bool {
    settings.two_factor.methods == Methods::Several
}

fn keys_offered(settings: &Settings) -> bool {
    settings.keys_are_offered()
}

fn texts_offered(settings: &Settings) -> bool {
    settings
        .two_factor
        .allowed_kinds
        .contains(&AllowedKind::Sms)
}

fn no_texts(settings: &Settings) -> bool {
    !texts_offered(settings)
}

fn no_keys(settings: &Settings) -> bool {
    !keys_offered(settings)
}

fn asked_every_time(settings: &Settings) -> bool {
    settings.two_factor.ask == Ask::EverySignIn
}

fn trusted_by_tick(settings: &Settings) -> bool {
    settings.two_factor.ask == Ask::TrustedDevice
}

fn trusted_until_signed_out(settings: &Settings) -> bool {
    settings.two_factor.ask == Ask::UntilSignedOut
}

fn trusted_for_a_session(settings: &Settings) -> bool {
    settings.two_factor.ask == Ask::NewDevice
}

fn no_support_page(settings: &Settings) -> bool {
    settings.branding.support_url.is_none()
}

use Part::{Apps, Contact, Heading, HeadingIf, Points, Steps, Text, TextIf};

/// Every page, in the order of the overview.
pub const ARTICLES: &[Article] = &[
    Article {
        slug: "what-is-it",
        parts: &[
            Text("help-what-second-proof"),
            Text("help-what-why"),
            Heading("help-what-every-day-heading"),
            Text("help-what-every-day"),
            Text("help-what-where"),
            TextIf(everybody_must, "help-what-required"),
        ],
        related: &["which-method", "backup-codes", "good-habits"],
        updated: REVISED,
    },
    Article {
        slug: "which-method",
        parts: &[
            Heading("help-method-app-heading"),
            Text("help-method-app"),
            Points(&[
                "help-method-app-offline",
                "help-method-app-many",
                "help-method-app-install",
            ]),
            TextIf(several_allowed, "help-method-app-several"),
            Text("help-method-app-which"),
            Apps,
            HeadingIf(keys_offered, "help-method-key-heading"),
            TextIf(keys_offered, "help-method-key"),
            TextIf(keys_offered, "help-method-key-safe"),
            TextIf(keys_offered, "help-method-key-needs"),
            HeadingIf(texts_offered, "help-method-text-heading"),
            TextIf(texts_offered, "help-method-text"),
            TextIf(texts_offered, "help-method-text-honest"),
            Heading("help-method-codes-heading"),
            Text("help-method-codes"),
            Text("help-method-codes-care"),
            Heading("help-method-limits-heading"),
            Text("help-method-limits"),
        ],
        related: &["what-is-it", "backup-codes", "changing-phone"],
        updated: REVISED,
    },
    Article {
        slug: "code-not-working",
        parts: &[
            Text("help-code-first"),
            Points(&[
                "help-code-next",
                "help-code-clock",
                "help-code-account",
                "help-code-newest",
                "help-code-spaces",
            ]),
            Heading("help-code-clock-heading"),
            Text("help-code-clock-how"),
            Points(&["help-code-clock-android", "help-code-clock-ios"]),
            Heading("help-code-wait-heading"),
            Text("help-code-wait"),
            Heading("help-code-deleted-heading"),
            Text("help-code-deleted"),
            Heading("help-code-mailed-heading"),
            Text("help-code-mailed"),
            TextIf(texts_offered, "help-code-texted"),
        ],
        related: &[
            "lost-phone",
            "text-not-arriving",
            "changing-phone",
            "backup-codes",
        ],
        updated: REVISED,
    },
    Article {
        slug: "text-not-arriving",
        parts: &[
            TextIf(no_texts, "help-text-none"),
            Text("help-text-first"),
            Points(&[
                "help-text-signal",
                "help-text-number",
                "help-text-blocked",
                "help-text-abroad",
                "help-text-newest",
            ]),
            Heading("help-text-state-heading"),
            Text("help-text-state"),
            Text("help-text-wait"),
            Heading("help-text-otherwise-heading"),
            Text("help-text-otherwise"),
            Text("help-text-changed"),
        ],
        related: &["code-not-working", "lost-phone", "which-method"],
        updated: REVISED,
    },
    Article {
        slug: "key-not-working",
        parts: &[
            TextIf(no_keys, "help-key-none"),
            Points(&[
                "help-key-touch",
                "help-key-device",
                "help-key-phone",
                "help-key-address",
                "help-key-browser",
            ]),
            Heading("help-key-two-heading"),
            Text("help-key-two"),
            Heading("help-key-otherwise-heading"),
            Text("help-key-otherwise"),
        ],
        related: &["lost-phone", "which-method", "code-not-working"],
        updated: REVISED,
    },
    Article {
        slug: "trusted-devices",
        parts: &[
            TextIf(asked_every_time, "help-trust-none"),
            Text("help-trust-what"),
            TextIf(trusted_by_tick, "help-trust-tick"),
            TextIf(trusted_until_signed_out, "help-trust-until"),
            TextIf(trusted_for_a_session, "help-trust-session"),
            Text("help-trust-known"),
            Heading("help-trust-asked-heading"),
            Points(&["help-trust-asked-change", "help-trust-asked-forgotten"]),
            Heading("help-trust-ends-heading"),
            Points(&[
                "help-trust-ends-all",
                "help-trust-ends-one",
                "help-trust-ends-here",
            ]),
            Heading("help-trust-lost-heading"),
            Text("help-trust-lost"),
        ],
        related: &["good-habits", "not-me", "lost-phone"],
        updated: REVISED,
    },
    Article {
        slug: "lost-phone",
        parts: &[
            Text("help-phone-calm"),
            Steps(&[
                "help-phone-sign-in",
                "help-phone-use-code",
                "help-phone-new-app",
                "help-phone-remove",
                "help-phone-new-codes",
            ]),
            TextIf(several_allowed, "help-phone-other-app"),
            TextIf(keys_offered, "help-phone-key"),
            TextIf(texts_offered, "help-phone-number"),
            Text("help-phone-stolen"),
            Text("help-phone-no-codes"),
        ],
        related: &["lost-codes", "not-me", "changing-phone", "backup-codes"],
        updated: REVISED,
    },
    Article {
        slug: "not-me",
        parts: &[
            Text("help-not-me-what"),
            Text("help-not-me-looking"),
            Heading("help-not-me-back-heading"),
            Steps(&[
                "help-not-me-sign-in",
                "help-not-me-code",
                "help-not-me-mailbox",
                "help-not-me-password",
            ]),
            Text("help-not-me-then"),
            Heading("help-not-me-stuck-heading"),
            Text("help-not-me-stuck"),
            Contact,
        ],
        related: &["lost-phone", "lost-codes", "good-habits"],
        updated: REVISED,
    },
    Article {
        slug: "lost-codes",
        parts: &[
            Text("help-codes-lost-look"),
            Points(&[
                "help-codes-lost-manager",
                "help-codes-lost-paper",
                "help-codes-lost-signed-in",
                "help-codes-lost-second-app",
            ]),
            Heading("help-codes-lost-ask-heading"),
            Text("help-codes-lost-ask"),
            Contact,
            TextIf(no_support_page, "help-codes-lost-no-page"),
            Text("help-codes-lost-after"),
            Text("help-codes-lost-trick"),
        ],
        related: &["lost-phone", "backup-codes", "good-habits"],
        updated: REVISED,
    },
    Article {
        slug: "changing-phone",
        parts: &[
            Text("help-change-before"),
            Heading("help-change-both-heading"),
            Steps(&[
                "help-change-open",
                "help-change-scan",
                "help-change-prove",
                "help-change-old",
            ]),
            Text("help-change-safe"),
            TextIf(texts_offered, "help-change-number"),
            Heading("help-change-gone-heading"),
            Text("help-change-gone"),
            Heading("help-change-backup-heading"),
            Text("help-change-backup"),
        ],
        related: &["lost-phone", "backup-codes", "code-not-working"],
        updated: REVISED,
    },
    Article {
        slug: "backup-codes",
        parts: &[
            Text("help-backup-what"),
            Points(&[
                "help-backup-once",
                "help-backup-sheet",
                "help-backup-slip",
                "help-backup-letters",
            ]),
            Heading("help-backup-keep-heading"),
            Text("help-backup-keep"),
            Heading("help-backup-more-heading"),
            Text("help-backup-more"),
            TextIf(codes_can_be_revealed, "help-backup-reveal"),
            TextIf(codes_cannot_be_revealed, "help-backup-no-reveal"),
            Heading("help-backup-check-heading"),
            Text("help-backup-check"),
        ],
        related: &["lost-phone", "lost-codes", "good-habits"],
        updated: REVISED,
    },
    Article {
        slug: "turning-off",
        parts: &[
            TextIf(everybody_must, "help-off-required"),
            TextIf(nobody_must, "help-off-think"),
            TextIf(nobody_must, "help-off-how"),
            Text("help-off-after"),
            Text("help-off-instead"),
        ],
        related: &["changing-phone", "lost-phone", "what-is-it"],
        updated: REVISED,
    },
    Article {
        slug: "good-habits",
        parts: &[
            Points(&[
                "help-habits-carry",
                "help-habits-lock",
                "help-habits-codes",
                "help-habits-tell",
                "help-habits-address",
                "help-habits-review",
                "help-habits-mail",
            ]),
            TextIf(several_allowed, "help-habits-two"),
        ],
        related: &["backup-codes", "which-method", "changing-phone"],
        updated: REVISED,
    },
];
