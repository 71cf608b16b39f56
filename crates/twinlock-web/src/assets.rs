//! Static files, built into the program and served under names that change with their content, so that
//! browsers may keep them for ever and never mix two releases.

use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::response::Response;
use data_encoding::HEXLOWER;
use http::{HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

/// The path the assets live under.
pub const ASSET_ROOT: &str = "/assets/";

/// How long a browser may keep a file whose name is bound to its content.
pub(crate) const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// The address of an embedded file, such as `/assets/app.0123abcd.css` for `app.css`. A name that is not
/// embedded gives `/assets/missing`, which is answered 404; a test renders every page to find such a slip.
#[must_use]
pub fn asset_url(name: &str) -> &'static str {
    ASSETS
        .iter()
        .find(|asset| asset.file.name == name)
        .map_or("/assets/missing", |asset| asset.url.as_str())
}

/// Answers `GET /assets/{name}`: the file, to be kept for ever, or 404 for any name or hash that is not of
/// this release.
#[must_use]
pub fn serve_asset(name: &str) -> Response {
    let wanted = name.strip_prefix(ASSET_ROOT).unwrap_or(name);
    let found = ASSETS
        .iter()
        .find(|asset| asset.url.strip_prefix(ASSET_ROOT) == Some(wanted));
    match found {
        Some(asset) => immutable_response(asset.file.content_type, Body::from(asset.bytes.clone())),
        None => respond(
            StatusCode::NOT_FOUND,
            Body::from("Not found\n"),
            &[
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::CACHE_CONTROL, "no-store"),
            ],
        ),
    }
}

/// `/assets/app.css` with this content becomes `/assets/app.0123abcd.css`.
pub(crate) fn hashed_url(name: &str, bytes: &[u8]) -> String {
    let digest = HEXLOWER.encode(&Sha256::digest(bytes));
    let hash: String = digest.chars().take(8).collect();
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{ASSET_ROOT}{stem}.{hash}.{extension}"),
        None => format!("{ASSET_ROOT}{name}.{hash}"),
    }
}

pub(crate) fn immutable_response(content_type: &'static str, body: Body) -> Response {
    respond(
        StatusCode::OK,
        body,
        &[
            (header::CONTENT_TYPE, content_type),
            (header::CACHE_CONTROL, IMMUTABLE),
        ],
    )
}

fn respond(status: StatusCode, body: Body, headers: &[(HeaderName, &'static str)]) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

struct Embedded {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

struct Asset {
    file: &'static Embedded,
    bytes: Bytes,
    url: String,
}

const EMBEDDED: &[Embedded] = &[
    Embedded {
        name: "app.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/app.css"),
    },
    Embedded {
        name: "reference.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/reference.css"),
    },
    Embedded {
        name: "app.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/app.js"),
    },
    Embedded {
        name: "keys.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/keys.js"),
    },
    Embedded {
        name: "logo.svg",
        content_type: "image/svg+xml",
        bytes: include_bytes!("../assets/logo.svg"),
    },
];

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    EMBEDDED
        .iter()
        .map(|file| {
            let bytes = if file.content_type.starts_with("text/css") {
                Bytes::from(without_layout(file.bytes))
            } else {
                Bytes::from_static(file.bytes)
            };
            Asset {
                url: hashed_url(file.name, &bytes),
                bytes,
                file,
            }
        })
        .collect()
});

/// The stylesheet without its comment lines, indentation and the spaces only people need. It stands in our
/// own file and has no text in which these would matter.
fn without_layout(css: &[u8]) -> String {
    let mut small = String::with_capacity(css.len());
    let mut in_comment = false;
    for line in String::from_utf8_lossy(css).lines().map(str::trim) {
        in_comment |= line.starts_with("/*");
        if !in_comment {
            small.push_str(line);
            small.push(' ');
        }
        in_comment &= !line.ends_with("*/");
    }
    [
        ("; ", ";"),
        (": ", ":"),
        (", ", ","),
        (" > ", ">"),
        (") var(", ")var("),
        (" !", "!"),
        (" {", "{"),
        ("{ ", "{"),
        (" }", "}"),
        ("} ", "}"),
        (";}", "}"),
    ]
    .into_iter()
    .fold(small, |css, (long, short)| css.replace(long, short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_kept_for_ever_under_the_name_of_its_content() {
        let url = asset_url("app.css");
        assert!(
            url.starts_with("/assets/app.") && url.ends_with(".css"),
            "{url}"
        );
        let response = serve_asset(url);
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CACHE_CONTROL], IMMUTABLE);
        assert_eq!(
            serve_asset(&url["/assets/".len()..]).status(),
            StatusCode::OK
        );
    }

    #[test]
    fn x17_any_other_name_is_not_found_and_not_kept() {
        for name in [
            "",
            "app.css",
            "app.00000000.css",
            "../app.css",
            "/assets/",
            "missing",
            "/assets/app.css?x",
            "app.%2e.css",
            "settings/x.css",
        ] {
            let response = serve_asset(name);
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{name}");
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        }
    }

    #[test]
    fn the_first_paint_stays_small() {
        let size = |name| {
            let asset = ASSETS.iter().find(|asset| asset.file.name == name);
            asset.unwrap().bytes.len()
        };
        assert!(size("app.css") < 15_000, "{}", size("app.css"));
        assert!(size("app.js") < 10_000, "{}", size("app.js"));
        assert!(size("keys.js") < 2_500, "{}", size("keys.js"));
    }

    #[test]
    fn the_small_stylesheet_keeps_its_rules() {
        assert_eq!(
            without_layout(b"/* a\n   b */\n@media (x: 1) {\n  a b > c, d:hover { e: calc(1px + 2px); f: g; }\n}\n"),
            "@media (x:1){a b>c,d:hover{e:calc(1px + 2px);f:g}}"
        );
        let css = String::from_utf8(ASSETS[0].bytes.to_vec()).unwrap();
        assert_eq!(css.matches('{').count(), css.matches('}').count());
        assert!(css.starts_with("@layer tokens,base"), "{}", &css[..40]);
    }
}
