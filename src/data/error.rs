//! What can be wrong with data, with all that a message needs.

use std::fmt;
use std::path::PathBuf;

/// A row of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1, header not counted.
    pub row: usize,
    /// Line of a text file, from 1, where the source has lines.
    pub line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) if self.row == 0 => write!(f, "header (line {line})"),
            Some(line) => write!(f, "row {} (line {line})", self.row),
            None => write!(f, "row {}", self.row),
        }
    }
}

/// Why examples could not be had. The display says what and where; [`Error::help`] says what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A file is not there.
    #[error("there is no file {}", .path.display())]
    FileMissing {
        /// As looked for.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {reason}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A file is not of the format that it is read as.
    #[error("{origin} is not {format}: {reason}")]
    Format {
        /// Which source.
        origin: String,
        /// `an IDX file`.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Bytes that are no delimited text.
    #[error("{origin} is not delimited text in UTF-8: {reason}")]
    NotText {
        /// Which source.
        origin: String,
        /// What it is.
        reason: &'static str,
    },
    /// This build cannot read the format.
    #[error("{origin}: this build of caviar does not read {format}")]
    Unsupported {
        /// Which source.
        origin: String,
        /// Which format.
        format: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// A column that is asked for is not there.
    #[error("{origin} has no column `{column}` (asked for as {role})")]
    ColumnMissing {
        /// Which source.
        origin: String,
        /// The name asked for.
        column: String,
        /// `target`, `features`, `drop`, `groups`.
        role: &'static str,
        /// Those that are there, in order.
        available: Vec<String>,
    },
    /// A column has two roles that exclude each other.
    #[error("column `{column}` of {origin} cannot be both {first} and {second}")]
    ColumnTwice {
        /// Which source.
        origin: String,
        /// Its name.
        column: String,
        /// One role.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// Two columns have one name.
    #[error("{origin} has two columns named `{column}` (columns {first} and {second})")]
    DuplicateColumn {
        /// Which source.
        origin: String,
        /// The name.
        column: String,
        /// Place of the first, from 1.
        first: usize,
        /// Place of the second, from 1.
        second: usize,
    },
    /// Nothing is left to learn from.
    #[error("{origin} leaves no column to learn from")]
    NoFeatures {
        /// Which source.
        origin: String,
    },
    /// A row has more or fewer fields than the header.
    #[error("{origin}, {place}: {found} fields where the header has {expected}")]
    Ragged {
        /// Which source.
        origin: String,
        /// Where.
        place: Place,
        /// As many as the header.
        expected: usize,
        /// As many as there are.
        found: usize,
    },
    /// A quotation mark opens and never closes.
    #[error("{origin}, {place}: a quoted field never ends")]
    OpenQuote {
        /// Which source.
        origin: String,
        /// Where it begins.
        place: Place,
    },
    /// Bytes that are no UTF-8.
    #[error("{origin}, {place}, column `{column}`: the text is not UTF-8")]
    NotUtf8 {
        /// Which source.
        origin: String,
        /// Where.
        place: Place,
        /// Which column.
        column: String,
    },
    /// A value is missing.
    #[error("{origin}, {place}, column `{column}`: the value is missing")]
    MissingValue {
        /// Which source.
        origin: String,
        /// The first such row.
        place: Place,
        /// Which column.
        column: String,
        /// How many values the column lacks.
        count: usize,
        /// Whether those are all rows.
        all: bool,
        /// Whether the column is the target, or keeps groups together.
        target: bool,
    },
    /// A value of a column of numbers is none, or is infinite.
    #[error("{origin}, {place}, column `{column}`: `{text}` is not a finite number")]
    NotANumber {
        /// Which source.
        origin: String,
        /// The first such row.
        place: Place,
        /// Which column.
        column: String,
        /// What stands there.
        text: String,
        /// How many such values the column has.
        count: usize,
    },
    /// The target is text but numbers are to be predicted.
    #[error("{origin}: column `{column}` is text, which regression cannot predict")]
    TextTarget {
        /// Which source.
        origin: String,
        /// Which column.
        column: String,
    },
    /// Classes are to be predicted but there are as many as rows, nearly.
    #[error("{origin}: column `{column}` has {classes} different values in {rows} rows, too many for classes")]
    TooManyClasses {
        /// Which source.
        origin: String,
        /// Which column.
        column: String,
        /// How many.
        classes: usize,
        /// How many rows.
        rows: usize,
    },
    /// There is nothing to tell apart.
    #[error("{origin}: every row is of class `{class}`")]
    OneClass {
        /// Which source.
        origin: String,
        /// The class.
        class: String,
    },
    /// No rows.
    #[error("{origin} has no rows")]
    Empty {
        /// Which source.
        origin: String,
    },
    /// A set gets no rows although its share is not 0.
    #[error("{origin}: {rows} rows are too few: {set} ({share} of them) would get none")]
    TooFewRows {
        /// Which source.
        origin: String,
        /// How many there are.
        rows: usize,
        /// `train`, `dev` or `test`.
        set: &'static str,
        /// `15 %`, `fold 3 of 5`.
        share: String,
    },
    /// More folds than can be made, or fewer than two.
    #[error("{origin}: {folds} folds cannot be made of {units} {of}")]
    Folds {
        /// Which source.
        origin: String,
        /// Asked for.
        folds: usize,
        /// How many there are to share out.
        units: usize,
        /// `rows` or `groups`.
        of: &'static str,
    },
    /// Shares that are not between 0 and 1 or do not sum to 1.
    #[error("the shares {}, {} and {} do not split data: each must lie in 0 to 1, train above 0, and their sum be 1", .shares[0], .shares[1], .shares[2])]
    Shares {
        /// As given.
        shares: [f64; 3],
    },
    /// Two sources of one pipeline do not have the same features.
    #[error("{origin} ({set}) does not fit the training data: {reason}")]
    Mismatch {
        /// Which source.
        origin: String,
        /// `dev` or `test`.
        set: &'static str,
        /// What differs.
        reason: String,
    },
    /// A text that the training source does not have.
    #[error("{origin}, {place}, column `{column}`: `{text}` does not occur in the training data")]
    UnseenCategory {
        /// Which source.
        origin: String,
        /// Where.
        place: Place,
        /// Which column.
        column: String,
        /// The text.
        text: String,
        /// Those that are known.
        known: Vec<String>,
    },
    /// It would not fit in memory.
    #[error("{origin} needs about {} of memory; at most {} (half of this machine's) are used for data", gigabytes(*.needed), gigabytes(*.allowed))]
    TooLarge {
        /// Which source.
        origin: String,
        /// Bytes, estimated.
        needed: u64,
        /// Bytes.
        allowed: u64,
    },
    /// A generator's parameter is out of its range.
    #[error("{origin}: {reason}")]
    Parameter {
        /// Which source.
        origin: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A transform that needs an image or two features.
    #[error("{transform} needs {needs}, and an example here has the shape {shape}")]
    Transform {
        /// `rotate`.
        transform: &'static str,
        /// `an image`.
        needs: &'static str,
        /// What there is.
        shape: String,
    },
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

impl Error {
    /// What to do about it, in one or two sentences.
    pub fn help(&self) -> String {
        match self {
            Error::FileMissing { path } => match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() && !parent.exists() => {
                    format!("the folder {} is not there either; paths are relative to the .exp file", parent.display())
                }
                _ => "paths are relative to the .exp file".into(),
            },
            Error::Unreadable { .. } => "check the permissions of the file".into(),
            Error::Format { .. } => "check that the file is whole and that the source's name fits its format".into(),
            Error::NotText { .. } => "save it as CSV in UTF-8".into(),
            Error::Unsupported { help, .. } => (*help).into(),
            Error::ColumnMissing { column, available, .. } => {
                let mut help = match nearest(column, available) {
                    Some(near) => format!("did you mean `{near}`? "),
                    None => String::new(),
                };
                help += &format!("the columns are {}", listed(available));
                let numbers = available.iter().filter(|name| name.trim().parse::<f64>().is_ok()).count();
                if numbers > 0 && numbers * 2 >= available.len() {
                    help += "; the first line looks like data: the file needs a header line";
                }
                help
            }
            Error::ColumnTwice { .. } => "name the column in one place only".into(),
            Error::DuplicateColumn { column, .. } => {
                let data = column.parse::<f64>().is_ok();
                let data = if data { "; if the first line is data, the file needs a header line" } else { "" };
                format!("rename one of them in the header{data}")
            }
            Error::NoFeatures { .. } => "name fewer columns in `drop`, or check the separator".into(),
            Error::Ragged { .. } => {
                "mend the row: a field that holds the separator must be quoted; `separator = …` sets another".into()
            }
            Error::OpenQuote { .. } => {
                "close the quotation mark, or double it (\"\") where it belongs to the text".into()
            }
            Error::NotUtf8 { .. } => "save the file as UTF-8".into(),
            Error::MissingValue { all: true, .. } => "the column has no value in any row: drop it".into(),
            Error::MissingValue { count, target, .. } => {
                let rest = if *count > 1 { format!(" ({count} values of the column are)") } else { String::new() };
                if *target {
                    format!("`missing = drop` leaves out the rows that lack it{rest}")
                } else {
                    format!("set `missing = mean`, `median`, `mode` or `drop`, or drop the column{rest}")
                }
            }
            Error::NotANumber { text, count, .. } => {
                let rest = if *count > 1 { format!("{count} values of the column are not; ") } else { String::new() };
                format!("{rest}mend `{text}`, leave the field empty and set `missing = …`, or drop the column")
            }
            Error::TextTarget { .. } => "leave out `mode`, or set `mode = classification`".into(),
            Error::TooManyClasses { .. } => "set `mode = regression`, or choose another target".into(),
            Error::OneClass { .. } => "a classifier needs rows of at least two classes: check the target".into(),
            Error::Empty { .. } => {
                "give a source that has rows (with `missing = drop`, check that some are complete)".into()
            }
            Error::TooFewRows { set, .. } => format!("add rows, or give {set} another share in `split`"),
            Error::Folds { of, .. } => format!("`folds` must be at least 2 and at most the number of {of}"),
            Error::Shares { .. } => "write for example `split = [70%, 15%, 15%]`".into(),
            Error::Mismatch { .. } => "give it the same columns and kinds of values as the training data".into(),
            Error::UnseenCategory { known, .. } => format!("known are {}", listed(known)),
            Error::TooLarge { .. } => {
                "take a part with `limit = …`, name fewer columns in `features`, or use a larger machine".into()
            }
            Error::Parameter { .. } => "change the parameter".into(),
            Error::Transform { .. } => "leave the transform out, or use data of that shape".into(),
        }
    }
}

/// At most twelve names, quoted.
fn listed(names: &[String]) -> String {
    let shown = names.iter().take(12).map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    if names.len() > 12 { format!("{shown} and {} more", names.len() - 12) } else { shown }
}

/// The name that was likely meant.
fn nearest<'a>(name: &str, names: &'a [String]) -> Option<&'a String> {
    names
        .iter()
        .map(|n| (strsim::jaro_winkler(&name.to_lowercase(), &n.to_lowercase()), n))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, n)| n)
}
