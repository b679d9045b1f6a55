//! Files that data are read from: where they are looked for, `.gz`, and the digest of their bytes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::error::Error;

/// Where shared data sets are installed on Debian and its kin.
const SHARED: &str = "/usr/share/datasets";

/// Find a file: absolute paths as they are, others from `base`; then the same with `.gz` added or taken off; then, for
/// relative paths, likewise under `/usr/share/datasets`, where Debian puts data sets
/// (`fashion-mnist/train-images-idx3-ubyte.gz`).
///
/// # Errors
/// [`Error::FileMissing`] with the first place that was looked at.
pub fn find(base: &Path, path: &str) -> Result<PathBuf, Error> {
    let first = base.join(path);
    let mut places = vec![first.clone()];
    if Path::new(path).is_relative() {
        places.push(Path::new(SHARED).join(path));
    }
    for place in places {
        if place.exists() {
            return Ok(place);
        }
        let other = match place.extension() {
            Some(extension) if extension == "gz" => place.with_extension(""),
            _ => {
                let mut name = place.clone().into_os_string();
                name.push(".gz");
                PathBuf::from(name)
            }
        };
        if other.is_file() {
            return Ok(other);
        }
    }
    Err(Error::FileMissing { path: first })
}

/// The error for a file that the system does not give.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::NotFound {
        return Error::FileMissing { path: path.to_owned() };
    }
    Error::Unreadable { path: path.to_owned(), reason: error.to_string() }
}

/// All bytes of a file as they are stored, and their digest.
pub(super) fn bytes(path: &Path) -> Result<(Vec<u8>, blake3::Hash), Error> {
    let bytes = std::fs::read(path).map_err(|e| unreadable(path, &e))?;
    let digest = blake3::hash(&bytes);
    Ok((bytes, digest))
}

/// The digest of several files of one source: that of the one file, or of all digests in order.
pub(super) fn join(digests: &[String]) -> String {
    match digests {
        [one] => one.clone(),
        _ => blake3::hash(digests.concat().as_bytes()).to_hex().to_string(),
    }
}

/// Whether bytes begin as gzip does.
pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// The first two bytes of a stream, and whether they are those of gzip.
fn begun(input: &mut impl Read) -> io::Result<(io::Cursor<Vec<u8>>, bool)> {
    let mut start = Vec::with_capacity(2);
    input.take(2).read_to_end(&mut start)?;
    let gzip = is_gzip(&start);
    Ok((io::Cursor::new(start), gzip))
}

/// A stream of a file's content, decompressed, that takes the digest of the stored bytes on the way.
pub(super) struct Opened {
    path: PathBuf,
    stream: Stream,
    /// Stored bytes in all.
    length: u64,
    seen: Arc<AtomicU64>,
}

enum Stream {
    Plain(Hashing),
    Gzip(Box<MultiGzDecoder<io::BufReader<Hashing>>>),
}

/// Takes the digest of what passes.
struct Hashing {
    inner: Box<dyn Read + Send>,
    hasher: Box<blake3::Hasher>,
    seen: Arc<AtomicU64>,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..n]);
        self.seen.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl Opened {
    /// Open a file; gzip is known by its first bytes.
    pub(super) fn file(path: &Path) -> Result<Opened, Error> {
        let mut file = File::open(path).map_err(|e| unreadable(path, &e))?;
        let length = file.metadata().map_err(|e| unreadable(path, &e))?.len();
        let (start, gzip) = begun(&mut file).map_err(|e| unreadable(path, &e))?;
        Ok(Opened::new(path.to_owned(), Box::new(start.chain(file)), length, gzip))
    }

    /// Open a stream of unknown length.
    pub(super) fn stream(name: &str, mut input: Box<dyn Read + Send>) -> Result<Opened, Error> {
        let path = PathBuf::from(name);
        let (start, gzip) = begun(&mut input).map_err(|e| unreadable(&path, &e))?;
        Ok(Opened::new(path, Box::new(start.chain(input)), u64::MAX, gzip))
    }

    /// Open bytes in memory.
    pub(super) fn memory(name: &str, bytes: &'static [u8]) -> Opened {
        Opened::new(PathBuf::from(name), Box::new(bytes), bytes.len() as u64, is_gzip(bytes))
    }

    fn new(path: PathBuf, inner: Box<dyn Read + Send>, length: u64, gzip: bool) -> Opened {
        let seen = Arc::new(AtomicU64::new(0));
        let hashing = Hashing { inner, hasher: Box::new(blake3::Hasher::new()), seen: Arc::clone(&seen) };
        let stream = if gzip {
            Stream::Gzip(Box::new(MultiGzDecoder::new(io::BufReader::with_capacity(1 << 18, hashing))))
        } else {
            Stream::Plain(hashing)
        };
        Opened { path, stream, length, seen }
    }

    /// The share of the stored bytes that is read.
    pub(super) fn progress(&self) -> f64 {
        self.seen.load(Ordering::Relaxed) as f64 / self.length.max(1) as f64
    }

    /// The error for a failed reading of this file.
    pub(super) fn failed(&self, error: &io::Error) -> Error {
        match self.stream {
            Stream::Gzip(_) => Error::Format {
                origin: self.path.display().to_string(),
                format: "a whole gzip file",
                reason: error.to_string(),
            },
            Stream::Plain(_) => unreadable(&self.path, error),
        }
    }

    /// The digest of all stored bytes, in hexadecimal.
    pub(super) fn digest(self) -> Result<String, Error> {
        let path = self.path;
        let mut hashing = match self.stream {
            Stream::Plain(hashing) => hashing,
            Stream::Gzip(decoder) => decoder.into_inner().into_inner(),
        };
        io::copy(&mut hashing, &mut io::sink()).map_err(|e| unreadable(&path, &e))?;
        Ok(hashing.hasher.finalize().to_hex().to_string())
    }
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.read(buffer),
            Stream::Gzip(stream) => stream.read(buffer),
        }
    }
}
