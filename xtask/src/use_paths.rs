//! Which paths of its own crate a Rust file names, read without a compiler.

use anyhow::{Context as _, Result};
use regex::Regex;

/// The part of a file that ships: everything above its test module.
pub(crate) fn production_part(source: &str) -> &str {
    let mut start = 0;
    let mut lines = source.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let opens_tests = line.trim() == "#[cfg(test)]"
            && lines
                .peek()
                .is_some_and(|next| next.trim_start().starts_with("mod "));
        if opens_tests {
            return source.get(..start).unwrap_or(source);
        }
        start += line.len();
    }
    source
}

/// Finds the paths below `crate::`, `self::` and `super::` in a file's production part, in `use` lines and elsewhere.
pub(crate) struct PathFinder {
    comment: Regex,
    import: Regex,
    inline: Regex,
}

impl PathFinder {
    /// Compiles the patterns once for all files.
    ///
    /// # Errors
    /// Never, as the patterns are fixed.
    pub(crate) fn new() -> Result<Self> {
        let pattern = |text| Regex::new(text).context("a pattern of the path finder");
        Ok(Self {
            comment: pattern(r"(?m)(?:^|\s)//.*$")?,
            import: pattern(r"(?m)^[ \t]*(?:pub(?:\([^)]*\))?\s+)?use\s+([^;]+);")?,
            inline: pattern(r"\b(?:crate|super)(?:::\w+)+")?,
        })
    }

    /// The paths, from the root of the crate, as lists of names. `module` is the file's own path, such as `["sign_in", "flow"]`.
    pub(crate) fn paths(&self, source: &str, module: &[&str]) -> Vec<Vec<String>> {
        let code = self.comment.replace_all(production_part(source), "");
        let mut written = Vec::new();
        for import in self.import.captures_iter(&code) {
            if let Some(tree) = import.get(1) {
                let tree: String = tree
                    .as_str()
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ");
                expand("", &tree, &mut written);
            }
        }
        let rest = self.import.replace_all(&code, "");
        written.extend(
            self.inline
                .find_iter(&rest)
                .map(|found| found.as_str().to_owned()),
        );
        written
            .iter()
            .filter_map(|path| from_root(path, module))
            .collect()
    }
}

/// Writes `a::{b, c::{d, e}}` out as `a::b`, `a::c::d`, `a::c::e`.
fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    match tree.split_once('{') {
        None => paths.push(format!("{prefix}{}", tree.trim())),
        Some((before, group)) => {
            let prefix = format!("{prefix}{}", before.trim());
            let inner = group.rsplit_once('}').map_or(group, |(inner, _)| inner);
            for branch in split_outside_braces(inner) {
                expand(&prefix, branch, paths);
            }
        }
    }
}

fn split_outside_braces(list: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    list.split(|character| {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    })
    .filter(|branch| !branch.trim().is_empty())
    .collect()
}

/// The names from the root of the crate, or `None` for a path into another crate.
fn from_root(path: &str, module: &[&str]) -> Option<Vec<String>> {
    let path = path.split(" as ").next()?;
    let mut names = path.split("::").map(str::trim).peekable();
    let mut base: Vec<String> = match names.next()? {
        "crate" => Vec::new(),
        "self" => module.iter().map(|&name| name.to_owned()).collect(),
        "super" => parent(module),
        _ => return None,
    };
    while names.next_if_eq(&"super").is_some() {
        base.pop();
    }
    base.extend(names.map(str::to_owned));
    Some(base)
}

fn parent(module: &[&str]) -> Vec<String> {
    let above = module.split_last().map_or(&[][..], |(_, above)| above);
    above.iter().map(|&name| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(source: &str, module: &[&str]) -> Vec<String> {
        PathFinder::new()
            .unwrap()
            .paths(source, module)
            .iter()
            .map(|path| path.join("::"))
            .collect()
    }

    #[test]
    fn groups_are_written_out() {
        let source = "use crate::{\n    account::{self, Email},\n    audit::store as log,\n};\nuse std::fmt;\n";
        assert_eq!(
            paths(source, &["sign_in", "flow"]),
            ["account::self", "account::Email", "audit::store"]
        );
    }

    #[test]
    fn paths_relative_to_the_file_start_at_the_root() {
        let source = "use super::rules;\npub(crate) use super::super::session::Session;\nuse self::inner::X;";
        assert_eq!(
            paths(source, &["sign_in", "flow"]),
            [
                "sign_in::rules",
                "session::Session",
                "sign_in::flow::inner::X"
            ]
        );
    }

    #[test]
    fn paths_outside_use_lines_count_and_comments_do_not() {
        let source = "// crate::admin\n/// See [`crate::routes`].\nfn f() -> crate::audit::Entry { let x = 1; } // crate::oidc\n";
        assert_eq!(paths(source, &["account"]), ["audit::Entry"]);
    }

    #[test]
    fn what_only_tests_use_is_left_out() {
        let source = "use crate::audit::Entry;\n#[cfg(test)]\nuse std::fmt;\n#[cfg(test)]\nmod tests {\n    use crate::routes::all;\n}\n";
        assert_eq!(paths(source, &["account"]), ["audit::Entry"]);
        assert_eq!(production_part(source).lines().count(), 3);
    }
}
