//! What can be typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// A declarative experiment notebook for neural networks.
#[derive(Debug, Parser)]
#[command(name = "caviar", version, disable_help_subcommand = true)]
pub struct Args {
    /// When to colour what is printed.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// When output is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a first file to edit.
    New {
        /// Its name; `.exp` is added.
        path: PathBuf,
    },
    /// Bring files up to date: train what is not stored, draw, test claims, write outputs.
    Run(Run),
    /// Bring files up to date on every save.
    Watch(Watch),
    /// Report all mistakes; nothing is trained.
    Check(Check),
    /// Put files in the canonical layout; comments are kept.
    Fmt(Fmt),
    /// Tables from what is stored; `show data` looks at the data.
    Show(Show),
    /// Train again what the lock says and compare the bits.
    Verify(Verify),
    /// Settings that changed beside metrics that changed.
    Diff(Diff),
    /// Write the best model (`.onnx`, `.safetensors`) or the trials (`.csv`, `.json`, `.parquet`) of an experiment for other
    /// programs.
    Export(Export),
    /// The best model of an experiment on the rows of a CSV.
    Predict(Predict),
    /// Ask and tell over JSON lines on standard input and output, for programs in any language.
    Suggest {
        /// The `.exp` file.
        path: PathBuf,
        /// The experiment.
        name: String,
    },
    /// Do a task that is asked for in a line of JSON on standard input, and print its record as a line.
    Trial(Trial),
    /// Take out of the store what no current file uses.
    Clean(Clean),
    /// Explain a kind, key, layer, space, metric or error code.
    Help {
        /// What to explain; all topics when absent.
        topic: Vec<String>,
    },
    /// Serve an editor over the language server protocol on standard input and output.
    Lsp,
    /// Print the completions of a shell, for the place where it looks for them
    ///
    /// bash: caviar completions bash > ~/.local/share/bash-completion/completions/caviar
    ///
    /// zsh: caviar completions zsh > a folder of $fpath, as _caviar
    ///
    /// fish: caviar completions fish > ~/.config/fish/completions/caviar.fish
    #[command(verbatim_doc_comment)]
    Completions {
        /// Which.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// How trials are trained.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Engine {
    /// Worker threads; one a core when absent.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Instructions to use: scalar, avx2 or avx512 (the best that there is when absent; the results are the same).
    #[arg(long, env = "CAVIAR_SIMD", value_name = "PATH")]
    pub simd: Option<String>,
    /// Where trials are trained: `local`, `ray` or `ray=ADDRESS` (a running Ray cluster), `slurm`. The results are the same.
    #[arg(long, value_name = "WHERE", default_value = "local")]
    pub on: On,
    /// How many nodes to ask Slurm for.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub nodes: u32,
}

/// Where trials are trained.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum On {
    /// Threads of this process.
    #[default]
    Local,
    /// So many processes of this machine.
    Processes(usize),
    /// A Ray cluster, found by an address or by itself.
    Ray(Option<String>),
    /// An allocation of Slurm.
    Slurm,
}

impl std::str::FromStr for On {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "local" => Ok(On::Local),
            None if text == "ray" => Ok(On::Ray(None)),
            None if text == "slurm" => Ok(On::Slurm),
            Some(("ray", address)) if !address.is_empty() => Ok(On::Ray(Some(address.into()))),
            Some(("processes", count)) => match count.parse() {
                Ok(count) if (1..=1024).contains(&count) => Ok(On::Processes(count)),
                _ => Err(format!("`{count}` is no number of processes")),
            },
            _ => Err("give `local`, `ray`, `ray=ADDRESS` or `slurm`".into()),
        }
    }
}

/// Arguments of `run`.
#[derive(Clone, Debug, clap::Args)]
pub struct Run {
    /// `.exp` files, or folders of them.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Say what would be done and why, and do nothing.
    #[arg(long)]
    pub plan: bool,
    /// Only this experiment and those that it needs (may be repeated).
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Use nothing that is stored.
    #[arg(long)]
    pub fresh: bool,
    /// Leave the lock as it is, and fail when it says something else. Where CI=true it is left as it is too.
    #[arg(long)]
    pub locked: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
    /// How trials are trained.
    #[command(flatten)]
    pub engine: Engine,
}

/// Arguments of `watch`.
#[derive(Clone, Debug, clap::Args)]
pub struct Watch {
    /// `.exp` files, or folders of them.
    pub paths: Vec<PathBuf>,
    /// Serve a live page on this machine only, on a free port when none is given.
    #[arg(long, value_name = "PORT", num_args = 0..=1)]
    pub serve: Option<Option<String>>,
    /// Look at the files often instead of asking the system to tell of changes.
    #[arg(long)]
    pub poll: bool,
    /// How trials are trained.
    #[command(flatten)]
    pub engine: Engine,
}

impl Watch {
    /// What is watched, and whether and where a page is served. In `--serve a.exp` the word is a file.
    ///
    /// # Errors
    /// When nothing is watched.
    pub fn paths_and_port(&self) -> Result<(Vec<PathBuf>, Option<Option<u16>>), String> {
        let mut paths = self.paths.clone();
        let port = match &self.serve {
            None => None,
            Some(None) => Some(None),
            Some(Some(word)) => match word.parse() {
                Ok(port) => Some(Some(port)),
                Err(_) => {
                    paths.insert(0, PathBuf::from(word));
                    Some(None)
                }
            },
        };
        if paths.is_empty() {
            return Err("what is to be watched? Give a file or a folder: `caviar watch first.exp`".into());
        }
        Ok((paths, port))
    }
}

/// Arguments of `verify`.
#[derive(Clone, Debug, clap::Args)]
pub struct Verify {
    /// `.exp` files, or folders of them.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// How many trials of each experiment are trained again: the best, and others.
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub sample: usize,
    /// Train all trials again.
    #[arg(long, conflicts_with_all = ["sample", "quick"])]
    pub all: bool,
    /// Compare digests only; nothing is trained.
    #[arg(long, conflicts_with = "sample")]
    pub quick: bool,
    /// How trials are trained.
    #[command(flatten)]
    pub engine: Engine,
}

/// Arguments of `diff`.
#[derive(Clone, Debug, clap::Args)]
pub struct Diff {
    /// The `.exp` file.
    pub path: PathBuf,
    /// A git revision, or two as `A..B`; `lock` is the lock as it is on disk. The last commit when absent, or the lock where there is
    /// none.
    pub revision: Option<String>,
}

/// Arguments of `show`.
#[derive(Clone, Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Show {
    /// Something else than results.
    #[command(subcommand)]
    pub other: Option<ShowOther>,
    /// The `.exp` file.
    #[arg(required = true)]
    pub path: Option<PathBuf>,
    /// One of its experiments.
    pub name: Option<String>,
    /// A row a trial.
    #[arg(long)]
    pub trials: bool,
    /// Sort the trials by a measure (`dev.loss`, `best(dev.accuracy)`, `time`) or a hyperparameter.
    #[arg(long, value_name = "MEASURE")]
    pub sort: Option<String>,
    /// Print one JSON object a line.
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print all runs as CSV.
    #[arg(long)]
    pub csv: bool,
}

/// What else can be shown.
#[derive(Clone, Debug, Subcommand)]
pub enum ShowOther {
    /// What a data block holds: rows, classes, columns, images, and what looks wrong.
    Data(ShowData),
}

/// Arguments of `show data`.
#[derive(Clone, Debug, clap::Args)]
pub struct ShowData {
    /// The `.exp` file.
    pub path: PathBuf,
    /// One of its data blocks; all when absent.
    pub name: Option<String>,
    /// Write images of each class as a PNG, a row a class.
    #[arg(long, value_name = "FILE", requires = "name")]
    pub picture: Option<PathBuf>,
}

/// Arguments of `export`.
#[derive(Clone, Debug, clap::Args)]
pub struct Export {
    /// The `.exp` file.
    pub path: PathBuf,
    /// One of its experiments.
    pub name: String,
    /// The file to write; its extension says what.
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// Put filling, one-hot coding and scaling inside the graph of an `.onnx`, which then takes rows as the data have them.
    #[arg(long)]
    pub preprocess: bool,
}

/// Arguments of `predict`.
#[derive(Clone, Debug, clap::Args)]
pub struct Predict {
    /// The `.exp` file.
    pub path: PathBuf,
    /// One of its experiments.
    pub name: String,
    /// New rows: a CSV with a header line, `.gz` too; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
    /// Where the predictions go; standard output when absent.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `clean`.
#[derive(Clone, Debug, clap::Args)]
pub struct Clean {
    /// A file or folder whose store is cleaned; this folder when absent.
    pub path: Option<PathBuf>,
}

/// Arguments of `trial`.
#[derive(Clone, Debug, clap::Args)]
pub struct Trial {
    /// Read one request a line and answer each as it ends, until standard input ends.
    #[arg(long)]
    pub bundle: bool,
    /// Print the requests of all runs of a file that are not stored, as far as they are known, one a line.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["bundle", "keep"])]
    pub list: Option<PathBuf>,
    /// Read records, one a line, into the store of a file.
    #[arg(long, value_name = "FILE", conflicts_with = "bundle")]
    pub keep: Option<PathBuf>,
    /// Stop at the next step when standard input closes, also in the middle of a task.
    #[arg(long, requires = "bundle")]
    pub attached: bool,
    /// Where data files are by their hashes; `caviar` in the user's folder of caches when absent.
    #[arg(long, env = "CAVIAR_DATA_CACHE", value_name = "DIR")]
    pub data_cache: Option<PathBuf>,
    /// Threads that work on one product.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub threads: usize,
    /// Instructions to use: scalar, avx2 or avx512 (the best that there is when absent; the results are the same).
    #[arg(long, env = "CAVIAR_SIMD", value_name = "PATH")]
    pub simd: Option<String>,
}

/// Arguments of `fmt`.
#[derive(Clone, Debug, clap::Args)]
pub struct Fmt {
    /// `.exp` files, or folders of them.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Only say which files are not formatted, and end with code 4 if there are any.
    #[arg(long)]
    pub check: bool,
}

/// Arguments of `check`.
#[derive(Clone, Debug, clap::Args)]
pub struct Check {
    /// `.exp` files, or folders of them.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
    /// Apply the fixes that are sure.
    #[arg(long)]
    pub fix: bool,
    /// Compare the gradients of every network with finite differences.
    #[arg(long)]
    pub gradients: bool,
}
