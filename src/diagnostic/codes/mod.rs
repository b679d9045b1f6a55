//! Every code that a diagnostic may carry, with an explanation and an example: `caviar help E0109`.

mod files;
mod lints;
mod names;
mod references;
mod shapes;
mod shows;
mod spaces;
mod text;
mod types;

/// A kind of mistake or warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// `E0109`.
    pub code: &'static str,
    /// A few words, lower case.
    pub title: &'static str,
    /// One paragraph: what is wrong, why it matters, what to do.
    pub explanation: &'static str,
    /// A small text with the mistake; empty where a text cannot show it.
    pub wrong: &'static str,
    /// The same without it.
    pub right: &'static str,
}

/// The codes by room: E00 files, E01 text, and what checking adds.
const TABLES: &[&[Code]] = &[
    files::CODES,
    text::CODES,
    names::CODES,
    types::CODES,
    shapes::CODES,
    spaces::CODES,
    references::CODES,
    shows::CODES,
    lints::CODES,
];

/// All codes, in order.
pub fn all() -> impl Iterator<Item = &'static Code> {
    TABLES.iter().copied().flatten()
}

/// The code of that name, in any case.
pub fn find(code: &str) -> Option<&'static Code> {
    all().find(|known| known.code.eq_ignore_ascii_case(code))
}

/// What `caviar help E0109` prints.
pub fn explain(code: &Code) -> String {
    let mut text = format!("{}: {}\n\n{}\n", code.code, code.title, code.explanation);
    for (title, example) in [("Wrong:", code.wrong), ("Right:", code.right)] {
        if !example.is_empty() {
            text.push_str(&format!("\n{title}\n\n"));
            text.extend(example.lines().map(|line| format!("    {line}").trim_end().to_string() + "\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::source::Sources;

    #[test]
    fn codes_are_in_order_and_explained() {
        let codes: Vec<&str> = all().map(|code| code.code).collect();
        for table in TABLES {
            let codes: Vec<&str> = table.iter().map(|code| code.code).collect();
            assert!(codes.is_sorted(), "{codes:?}");
        }
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
        for code in all() {
            assert!(code.explanation.len() > 40 && !code.title.ends_with('.'), "{}", code.code);
            assert_eq!(code.wrong.is_empty(), code.right.is_empty(), "{}", code.code);
        }
    }

    #[test]
    fn examples_of_the_syntax_have_just_their_mistake() {
        let found = |text: &str| -> BTreeSet<&str> {
            crate::syntax::parse(&Sources::single("t.exp", text), 0).1.iter().map(|m| m.code).collect()
        };
        for code in text::CODES {
            if !code.wrong.is_empty() {
                assert_eq!(found(code.wrong), BTreeSet::from([code.code]), "{}", code.code);
                assert_eq!(found(code.right), BTreeSet::new(), "{}", code.code);
            }
        }
    }

    /// The codes in quotes in a source file.
    fn codes_in(text: &str) -> impl Iterator<Item = &str> {
        text.split('"').filter(|word| {
            word.len() == 5 && word.starts_with(['E', 'W']) && word[1..].bytes().all(|b| b.is_ascii_digit())
        })
    }

    fn rust_files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "codes") {
                rust_files(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }

    #[test]
    fn every_code_that_is_reported_is_explained() {
        let mut files = Vec::new();
        rust_files(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        let texts: Vec<String> = files.iter().map(|path| std::fs::read_to_string(path).expect("text")).collect();
        let rooms: BTreeSet<&str> = all().map(|code| &code.code[..3]).collect();
        let used: BTreeSet<&str> =
            texts.iter().flat_map(|text| codes_in(text)).filter(|code| rooms.contains(&code[..3])).collect();
        assert!(used.contains("E0109"));
        let missing: Vec<&&str> = used.iter().filter(|code| find(code).is_none()).collect();
        assert!(missing.is_empty(), "not in src/diagnostic/codes: {missing:?}");
        let unused: Vec<&str> = all().map(|code| code.code).filter(|code| !used.contains(code)).collect();
        assert!(unused.is_empty(), "explained but never reported: {unused:?}");
    }
}
