//! `caviar man`: one page with all commands.

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::args::Args;

/// What stands behind the commands.
const REST: &str = r#".SH "EXIT STATUS"
.TP
0
All well.
.TP
1
The command line is wrong.
.TP
2
A file has mistakes.
.TP
3
Training, or reading and writing, failed, or the run was interrupted.
.TP
4
A claim is refuted, \fBverify\fR found a difference, \fBrun \-\-plan\fR found something to do, or \fBfmt \-\-check\fR a file that is not formatted.
.SH FILES
For a notebook \fIname.exp\fR:
.TP
\fIname.lock\fR
The results by their digests, to be committed.
.TP
\fIname.out/\fR
The report, its pictures and tables.
.TP
\fI.caviar/\fR
Results and checkpoints, at the top of the git checkout, else beside the notebook. It may be deleted: all of it can be computed again.
.SH ENVIRONMENT
.TP
NO_COLOR
If it is set and not empty, nothing is coloured.
.TP
CAVIAR_SIMD
Instructions to use: scalar, avx2 or avx512. The results are the same.
.TP
CI
If it is true, \fBrun\fR leaves locks as they are.
.SH EXAMPLES
.TP
\fBcaviar new first\fR
Write a first notebook, first.exp.
.TP
\fBcaviar run first.exp\fR
Train what it asks for, draw, test its claims.
.TP
\fBcaviar watch \-\-serve first.exp\fR
The same on every save, with a live page.
.TP
\fBcaviar help batch_norm\fR
What a word of the language means."#;

/// The page.
pub fn page() -> String {
    let mut command = Args::command();
    command.build();
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    // Writing to memory does not fail.
    let _ = man.render_title(&mut page);
    let _ = man.render_name_section(&mut page);
    let _ = man.render_synopsis_section(&mut page);
    let _ = man.render_description_section(&mut page);
    let _ = man.render_options_section(&mut page);
    let mut page = String::from_utf8_lossy(&page).into_owned();
    page.push_str(".SH COMMANDS\n");
    for sub in command.get_subcommands_mut() {
        page.push_str(&about(sub));
    }
    page + REST
}

/// A command with its arguments.
fn about(command: &mut Command) -> String {
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").replace('-', "\\-");
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let mut out = format!(".SS \"{usage}\"\n{}.\n", escaped(about.trim_end_matches('.')));
    for argument in command.get_arguments() {
        let own = !argument.is_hide_set() && argument.get_id() != "help" && argument.get_id() != "color";
        let (true, Some(help)) = (own, argument.get_long_help().or(argument.get_help())) else { continue };
        let value = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
        let name = match (argument.get_long(), argument.get_action().takes_values()) {
            (Some(long), true) => {
                format!("\\fB\\-\\-{}\\fR \\fI{}\\fR", long.replace('-', "\\-"), value.unwrap_or_default())
            }
            (Some(long), false) => format!("\\fB\\-\\-{}\\fR", long.replace('-', "\\-")),
            (None, _) => format!("\\fI{}\\fR", value.unwrap_or_default()),
        };
        out.push_str(&format!(".TP\n{name}\n{}\n", escaped(&help.to_string())));
    }
    out
}

/// Text whose signs mean nothing to the typesetter.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('-', "\\-");
    let lines = text.lines().filter(|line| !line.is_empty());
    let lines = lines.map(|line| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_string() });
    lines.collect::<Vec<_>>().join("\n.br\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_command_and_option() {
        let page = page().replace("\\-", "-");
        let mut command = Args::command();
        command.build();
        for sub in command.get_subcommands() {
            assert!(page.contains(&format!(".SS \"caviar {}", sub.get_name())), "{}", sub.get_name());
            for long in sub.get_arguments().filter_map(|argument| argument.get_long()) {
                assert!(page.contains(&format!("--{long}")), "{} --{long}", sub.get_name());
            }
        }
    }
}
