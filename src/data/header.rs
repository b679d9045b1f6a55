//! The names of a table's columns from its header alone, for who is still writing what to read of it.

use std::io::Read;
use std::path::Path;

use super::files::{self, Opened};
use super::table;

/// Bytes that a header may take.
const HEADER: u64 = 1 << 18;

/// The columns of a CSV or Parquet file, path relative to `base`; none if there is no such file or it cannot be understood.
pub fn header(base: &Path, path: &str) -> Option<Vec<String>> {
    let path = files::find(base, path).ok()?;
    let mut bytes = Vec::new();
    // What cannot be unpacked further may still hold the header.
    let _ = Opened::file(&path).ok()?.take(HEADER).read_to_end(&mut bytes);
    if bytes.starts_with(b"PAR1") {
        return packed(&path);
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(table::separator(text))
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text);
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(str::to_string).collect())
}

#[cfg(feature = "parquet")]
fn packed(path: &Path) -> Option<Vec<String>> {
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    let file = std::fs::File::open(path).ok()?;
    // The reader asserts some of what it expects of a file.
    let reader = std::panic::catch_unwind(|| SerializedFileReader::new(file)).ok()?.ok()?;
    let schema = reader.metadata().file_metadata().schema_descr();
    Some(schema.columns().iter().map(|column| column.path().string()).collect())
}

#[cfg(not(feature = "parquet"))]
fn packed(_: &Path) -> Option<Vec<String>> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let columns = |bytes: &[u8]| {
            std::fs::write(folder.path().join("t.csv"), bytes).expect("written");
            header(folder.path(), "t.csv")
        };
        assert_eq!(columns(b"a, b c ,\"d,e\"\n1,2\n"), Some(vec!["a".into(), "b c".into(), "d,e".into()]));
        assert_eq!(columns("\u{feff}größe;数\r\n".as_bytes()), Some(vec!["größe".into(), "数".into()]));
        assert_eq!(columns(b""), None);
        assert_eq!(header(folder.path(), "none.csv"), None);
    }
}
