//! A folder of pictures: one sub-folder a class, whose name is the class's. Sub-folders and files are taken in order of their
//! names; files that are no `.png`, `.jpg` or `.jpeg` are passed over, and so are hidden ones. Pictures are resized
//! (bilinear, anti-aliased) where they differ from the size, and have 3 channels, or 1 with `grey`.

use std::path::{Path, PathBuf};

use image::imageops::FilterType;
use image::{DynamicImage, ImageReader};

use super::error::Error;
use super::examples::{Block, Examples, Features, Lines, Numbers, Target};
use super::facts::feature_names;
use super::files;
use super::memory;
use super::spec::Mode;
use super::split::Part;
use crate::nn::layer::Shape;

/// Pictures with their classes, and the names of the classes.
type Listed = (Vec<(PathBuf, u32)>, Vec<String>);

/// The pictures of a folder, class by class.
pub(super) fn list(base: &Path, folder: &str) -> Result<Listed, Error> {
    let root = files::find(base, folder)?;
    let (mut pictures, mut classes) = (Vec::new(), Vec::new());
    for class in sorted(&root)?.into_iter().filter(|path| path.is_dir()) {
        let before = pictures.len();
        for path in sorted(&class)? {
            let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
            if path.is_file() && matches!(extension.as_deref(), Some("png" | "jpg" | "jpeg")) {
                pictures.push((path, classes.len() as u32));
            }
        }
        if pictures.len() > before {
            classes.push(class.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    if pictures.is_empty() {
        return Err(Error::Format {
            origin: folder.to_owned(),
            format: "a folder of pictures",
            reason: "it has no sub-folder with PNG or JPEG files".into(),
        });
    }
    Ok((pictures, classes))
}

/// What a folder holds, hidden entries left out, in order of name.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |e: std::io::Error| files::unreadable(folder, &e);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if !name.to_string_lossy().starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// The digest of the pictures' places in the folder and of their bytes.
pub(super) fn combine<'a>(pictures: impl Iterator<Item = (&'a Path, blake3::Hash)>) -> String {
    let mut hasher = blake3::Hasher::new();
    for (path, digest) in pictures {
        let mut parts = path.components().rev().map(|c| c.as_os_str().to_string_lossy().into_owned());
        let (file, class) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        hasher.update(&(class.len() as u64).to_le_bytes()).update(class.as_bytes());
        hasher.update(&(file.len() as u64).to_le_bytes()).update(file.as_bytes());
        hasher.update(digest.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Read a folder.
pub(super) fn read(
    base: &Path,
    folder: &str,
    size: Option<(usize, usize)>,
    grey: bool,
    (mode, part): (Option<Mode>, Option<Part>),
) -> Result<(Examples, String), Error> {
    if mode == Some(Mode::Regression) {
        return Err(Error::TextTarget { origin: folder.to_owned(), column: "folder".into() });
    }
    let (pictures, classes) = list(base, folder)?;
    let (height, width) = match size {
        Some(size) => size,
        None => {
            let path = &pictures[0].0;
            let first = decode(path, files::bytes(path)?.0)?;
            (first.height() as usize, first.width() as usize)
        }
    };
    if height == 0 || width == 0 || height > 65_535 || width > 65_535 {
        return Err(Error::Parameter {
            origin: folder.to_owned(),
            reason: format!("size = [{height}, {width}] must lie between 1 and 65535"),
        });
    }
    let shape = Shape::Image(height, width, if grey { 1 } else { 3 });
    let mut target = Target::Classes { codes: pictures.iter().map(|(_, class)| *class).collect(), names: classes };
    let taken = part.and_then(|part| part.rows(&target, pictures.len()));
    let rows = taken.as_ref().map_or(pictures.len(), Vec::len);
    memory::check(folder, shape.size() as u64 * rows as u64 * 5)?;
    let mut pixels = vec![0; shape.size() * rows];
    let mut places: Vec<Option<&mut [u8]>> = Vec::with_capacity(pictures.len());
    let mut free = pixels.chunks_exact_mut(shape.size());
    for row in 0..pictures.len() as u32 {
        let stays = taken.as_ref().is_none_or(|taken| taken.binary_search(&row).is_ok());
        places.push(if stays { free.next() } else { None });
    }
    let per_thread = pictures.len().div_ceil(memory::threads());
    let parts: Vec<Result<Vec<blake3::Hash>, Error>> = std::thread::scope(|scope| {
        let handles: Vec<_> = pictures
            .chunks(per_thread)
            .zip(places.chunks_mut(per_thread))
            .map(|(pictures, places)| {
                scope.spawn(move || {
                    let mut digests = Vec::with_capacity(pictures.len());
                    for ((path, _), place) in pictures.iter().zip(places) {
                        let (bytes, digest) = files::bytes(path)?;
                        if let Some(out) = place {
                            fit(decode(path, bytes)?, height, width, grey, out);
                        }
                        digests.push(digest);
                    }
                    Ok(digests)
                })
            })
            .collect();
        handles
            .into_iter()
            .map(|handle| {
                handle.join().unwrap_or_else(|_| {
                    Err(Error::Format {
                        origin: folder.to_owned(),
                        format: "a folder of pictures",
                        reason: "a picture could not be decoded".into(),
                    })
                })
            })
            .collect()
    });
    let mut digests = Vec::with_capacity(pictures.len());
    for part in parts {
        digests.append(&mut part?);
    }
    let digest = combine(pictures.iter().map(|(path, _)| path.as_path()).zip(digests));
    if let Some(rows) = &taken {
        target.keep(rows);
    }
    let examples = Examples {
        origin: folder.to_owned(),
        columns: feature_names(shape),
        features: Features::Block(Block { shape, numbers: Numbers::U8(pixels) }),
        target,
        target_name: "folder".into(),
        groups: None,
        rows,
        lines: Lines::None,
    };
    Ok((examples, digest))
}

fn decode(path: &Path, bytes: Vec<u8>) -> Result<DynamicImage, Error> {
    let wrong =
        |reason: String| Error::Format { origin: path.display().to_string(), format: "a PNG or JPEG picture", reason };
    let reader = ImageReader::new(std::io::Cursor::new(bytes));
    let reader = reader.with_guessed_format().map_err(|e| wrong(e.to_string()))?;
    let picture = reader.decode().map_err(|e| wrong(e.to_string()))?;
    if picture.width() == 0 || picture.height() == 0 {
        return Err(wrong("it has no pixels".into()));
    }
    Ok(picture)
}

fn fit(picture: DynamicImage, height: usize, width: usize, grey: bool, out: &mut [u8]) {
    let picture = if (picture.height() as usize, picture.width() as usize) == (height, width) {
        picture
    } else {
        picture.resize_exact(width as u32, height as u32, FilterType::Triangle)
    };
    if grey {
        out.copy_from_slice(picture.to_luma8().as_raw());
    } else {
        out.copy_from_slice(picture.to_rgb8().as_raw());
    }
}
