//! All pictures of a run on one page, to be looked at.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;

use crate::demo::repository;

const HEAD: &str = r#"<!doctype html><html lang="en"><meta charset="utf-8"><title>Every page</title>
<style>body{margin:1rem;font:14px system-ui;background:#777;color:#fff}section{display:grid;grid-template-columns:1fr 1fr 3fr;gap:8px;margin-bottom:2rem;align-items:start}h2{grid-column:1/-1;margin:0;font-size:1rem}img{width:100%;display:block}</style>
"#;

/// Writes `artifacts/screenshots/index.html`: one row for each page, phone in light and dark, and desktop.
///
/// # Errors
/// When a file cannot be read or written.
pub fn contact_sheet() -> Result<()> {
    let folder = repository().join("artifacts/screenshots");
    let mut pages: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for file in std::fs::read_dir(folder.join("pages"))? {
        let name = file?.file_name().to_string_lossy().into_owned();
        for look in ["phone-light", "phone-dark", "desktop-light"] {
            if let Some(page) = name.strip_suffix(&format!("-{look}.png")) {
                pages.entry(page.to_owned()).or_default().push(look);
            }
        }
    }
    let mut html = String::from(HEAD);
    for (page, looks) in pages {
        write!(html, "<section><h2>{page}</h2>")?;
        for look in ["phone-light", "phone-dark", "desktop-light"] {
            if looks.contains(&look) {
                let file = format!("pages/{page}-{look}.png");
                write!(
                    html,
                    "<a href=\"{file}\"><img src=\"{file}\" alt=\"{page}, {look}\" loading=\"lazy\"></a>"
                )?;
            }
        }
        html.push_str("</section>\n");
    }
    Ok(std::fs::write(folder.join("index.html"), html)?)
}
