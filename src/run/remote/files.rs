//! Files of data on another machine: the head says which there are and what is in them, a worker finds them by that.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::line::Needed;
use crate::data::spec::Pipeline;
use crate::data::{self, files_of, fingerprint};
use crate::record::atomic::PART;
use crate::record::digest::canonical;
use crate::run::datasets::Datasets;
use crate::store::Key;

/// A pipeline with the paths at which its files were found, the files, and the fingerprint of what is in them now.
///
/// # Errors
/// When a file is not there or cannot be read.
pub fn needed(pipeline: &Pipeline) -> Result<(Pipeline, Vec<Needed>, String), data::Error> {
    let here = Path::new("");
    let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    let found = pipeline.with_paths(|path| {
        let found = data::files::find(here, path).unwrap_or_else(|_| PathBuf::from(path));
        absolute(found).to_string_lossy().into_owned()
    });
    let mut files = Vec::new();
    for path in files_of(&found, here)? {
        let (hash, size) =
            digest(&path).map_err(|e| data::Error::Unreadable { path: path.clone(), reason: e.to_string() })?;
        let needed = Needed { path: absolute(path), hash, size };
        if !files.contains(&needed) {
            files.push(needed);
        }
    }
    let print = fingerprint(&found, here)?;
    Ok((found, files, print))
}

/// The digest of a file's bytes, and how many they are.
///
/// # Errors
/// As the system.
pub fn digest(path: &Path) -> io::Result<(Key, u64)> {
    let mut hasher = blake3::Hasher::new();
    let size = io::copy(&mut fs::File::open(path)?, &mut hasher)?;
    Ok((Key(*hasher.finalize().as_bytes()), size))
}

/// The pipeline with paths at which the bytes of this fingerprint are on this machine: as the head has them, or by their hashes in a cache.
///
/// # Errors
/// What is missing or other than it should be, and what can be done.
pub fn place(
    pipeline: &Pipeline,
    expected: &str,
    files: &[Needed],
    cache: &Path,
    datasets: &Datasets,
) -> Result<Pipeline, String> {
    let fits = |pipeline: &Pipeline| match datasets.facts(pipeline) {
        Ok(facts) if facts.fingerprint == expected => Ok(()),
        Ok(_) => Err("other bytes".to_string()),
        Err(error) => Err(error.to_string()),
    };
    let there = |file: &Needed| fs::metadata(&file.path).is_ok_and(|data| data.is_file() && data.len() == file.size);
    let mut here = String::new();
    if files.iter().all(there) {
        match fits(pipeline) {
            Ok(()) => return Ok(pipeline.clone()),
            Err(why) => here = format!(" ({why})"),
        }
        if files.is_empty() {
            return Err(format!("data with the fingerprint {expected} are not on this machine{here}"));
        }
    }
    let root = stage(files, cache).map_err(|why| why + &here)?;
    let staged = pipeline.with_paths(|path| below(&root, Path::new(path)).to_string_lossy().into_owned());
    fits(&staged).map(|()| staged).map_err(|why| {
        let mut damaged = Vec::new();
        for file in files {
            let cached = cache.join(file.hash.to_string());
            if digest(&cached).is_ok_and(|(hash, _)| hash != file.hash) {
                // It is fetched again by whoever fills the cache.
                let _ = fs::remove_file(&cached);
                damaged.push(cached.display().to_string());
            }
        }
        if damaged.is_empty() {
            format!("the data are not those of the task: {why}")
        } else {
            format!("{} had other bytes than its name says and was deleted", damaged.join(", "))
        }
    })
}

/// Links to files in the cache that have the names and places that the files have on the head's machine, below the folder that is given back.
fn stage(files: &[Needed], cache: &Path) -> Result<PathBuf, String> {
    if let Some(missing) = files.iter().find(|file| !cache.join(file.hash.to_string()).is_file()) {
        return Err(format!(
            "there is no file {} with the hash {} on this machine, and no {}: put it at one of these places",
            missing.path.display(),
            missing.hash,
            cache.join(missing.hash.to_string()).display()
        ));
    }
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: io::Error| format!("cannot write {path}: {error}")
    };
    let cache = std::path::absolute(cache).map_err(failed(cache))?;
    let name = canonical("caviar files", &files).to_string();
    let stages = cache.join("stage");
    let whole = stages.join(&name);
    if whole.is_dir() {
        return Ok(whole);
    }
    let part = stages.join(format!("{PART}{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&part);
    for file in files {
        let link = below(&part, &file.path);
        let folder = link.parent().unwrap_or(&part);
        fs::create_dir_all(folder).map_err(failed(folder))?;
        std::os::unix::fs::symlink(cache.join(file.hash.to_string()), &link).map_err(failed(&link))?;
    }
    match fs::rename(&part, &whole) {
        Ok(()) => Ok(whole),
        // Another worker was quicker.
        Err(_) if whole.is_dir() => {
            let _ = fs::remove_dir_all(&part);
            Ok(whole)
        }
        Err(error) => Err(failed(&whole)(error)),
    }
}

/// An absolute path below a folder.
fn below(root: &Path, path: &Path) -> PathBuf {
    let plain = path.components().filter(|part| matches!(part, Component::Normal(_)));
    plain.fold(root.to_path_buf(), |all, part| all.join(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::spec::{Missing, Source, Table};

    fn rows(last: u32) -> String {
        let rows = (0..40).map(|i| format!("{i},{},{}\n", (i * 7) % 11, if i % 2 == 0 { "even" } else { "odd" }));
        format!("a,b,y\n{}{last},1,even\n", rows.collect::<String>())
    }

    fn table(path: &Path) -> Pipeline {
        Pipeline::new(Source::Csv(Table {
            path: path.to_string_lossy().into_owned(),
            target: "y".into(),
            features: vec![],
            drop: vec![],
            separator: None,
            missing: Missing::Refuse,
            groups: None,
        }))
    }

    #[test]
    fn files_are_found_in_place_then_in_the_cache_and_never_with_other_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (file, cache) = (folder.path().join("rows.csv"), folder.path().join("cache"));
        fs::write(&file, rows(8)).unwrap();
        let (pipeline, files, print) = needed(&table(&file)).unwrap();
        let place = || place(&pipeline, &print, &files, &cache, &Datasets::new());
        assert_eq!(place().unwrap(), pipeline);

        fs::remove_file(&file).unwrap();
        let why = place().unwrap_err();
        assert!(why.contains("rows.csv") && why.contains(&files[0].hash.to_string()), "{why}");
        fs::create_dir(&cache).unwrap();
        let cached = cache.join(files[0].hash.to_string());
        fs::write(&cached, rows(8)).unwrap();
        assert!(place().unwrap().source.paths()[0].contains("stage"));
        // The same length, and so not seen without reading.
        fs::write(&file, rows(9)).unwrap();
        assert!(place().unwrap().source.paths()[0].contains("stage"));

        fs::write(&cached, rows(9)).unwrap();
        assert!(place().unwrap_err().contains("deleted") && !cached.exists());
    }

    #[test]
    fn a_folder_of_pictures_is_found_by_its_pictures() {
        let folder = tempfile::tempdir().unwrap();
        let (pictures, cache) = (folder.path().join("pictures"), folder.path().join("cache"));
        for (class, shade) in [("dark", 10u8), ("light", 200)] {
            fs::create_dir_all(pictures.join(class)).unwrap();
            for i in 0..4 {
                let picture = image::GrayImage::from_pixel(2, 2, image::Luma([shade + i]));
                picture.save(pictures.join(class).join(format!("{i}.png"))).unwrap();
            }
        }
        let path = pictures.to_string_lossy().into_owned();
        let source = Pipeline::new(Source::Images { path, size: None, grey: true });
        let (pipeline, files, print) = needed(&source).unwrap();
        assert_eq!(files.len(), 8);
        fs::create_dir(&cache).unwrap();
        for file in &files {
            fs::copy(&file.path, cache.join(file.hash.to_string())).unwrap();
        }
        fs::remove_dir_all(&pictures).unwrap();
        let placed = place(&pipeline, &print, &files, &cache, &Datasets::new()).unwrap();
        assert!(placed.source.paths()[0].contains("stage"));
    }
}
