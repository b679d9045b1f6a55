//! Seconds and peak memory to read a delimited file, beside those of polars: `python bench/table.py` makes the file and runs both.
//!
//! `cargo bench --bench table -- FILE [TARGET]`, or `-- idx IMAGES LABELS`. One reading a process, so that the peak is its own.

#![allow(clippy::print_stdout, missing_docs)]

use std::path::Path;
use std::time::Instant;

use caviar::data::spec::{Missing, Normalize, Pipeline, Source, Table};
use caviar::data::{Dataset, Prepared};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let source = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["idx", images, labels] => Source::Idx { images: images.into(), labels: labels.into() },
        [path, ref rest @ ..] => Source::Csv(Table {
            path: path.into(),
            target: rest.first().unwrap_or(&"y").to_string(),
            features: Vec::new(),
            drop: Vec::new(),
            separator: None,
            missing: Missing::Refuse,
            groups: None,
        }),
        [] => {
            println!("usage: cargo bench --bench table -- FILE [TARGET] | idx IMAGES LABELS");
            return;
        }
    };
    let mut pipeline = Pipeline::new(source);
    pipeline.normalize = Normalize::Zscore;
    let start = Instant::now();
    let dataset = match Dataset::read(&pipeline, Path::new(".")) {
        Ok(dataset) => dataset,
        Err(error) => {
            println!("{error}");
            return;
        }
    };
    let read = start.elapsed().as_secs_f64();
    let peak_read = peak();
    let data: Prepared<f32> = match dataset.prepare(0) {
        Ok(data) => data,
        Err(error) => {
            println!("{error}");
            return;
        }
    };
    let all = start.elapsed().as_secs_f64();
    println!(
        "caviar  read {read:.3} s, {peak_read} MB; with split, scaling and f32 features {all:.3} s, {} MB ({:?})",
        peak(),
        data.facts.sets
    );
}

/// Peak memory of the process so far, in megabytes, where the system tells.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
}
