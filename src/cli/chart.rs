//! A learning curve in text: the losses of one model over its epochs.

use crate::record::Run;
use crate::stats::measure;

/// Rows of the drawing.
const HEIGHT: usize = 8;
/// Columns for the numbers at the left.
const MARGIN: usize = 9;
/// A loss that falls by more than this factor is drawn on a log scale.
const DECADES: f64 = 30.0;
const TRAIN: char = '·';
const DEV: char = '●';

/// How a curve is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Canvas {
    /// Columns in all.
    pub width: usize,
    /// Whether with colours.
    pub color: bool,
}

/// Epoch, losses and accuracy in one line.
pub fn line(run: &Run, epochs: Option<u32>) -> String {
    let of = epochs.map_or(String::new(), |epochs| format!("/{epochs}"));
    format!("epoch {}{of}: {}", measure::epochs(run), values(run).join(", "))
}

/// Losses and accuracy after the last epoch, on as many lines as the width needs.
pub fn lines(run: &Run, width: usize) -> String {
    fitted(&values(run), ", ", width)
}

fn values(run: &Run) -> Vec<String> {
    let last = |name: &str| run.series.get(name).and_then(|s| s.last()).map(|v| format!("{name} {v:.4}"));
    ["train.loss", "dev.loss", "dev.accuracy", "dev.r2"].iter().filter_map(|n| last(n)).collect()
}

/// Words one after another, each on the next line where it would go over the width.
fn fitted(words: &[String], between: &str, width: usize) -> String {
    let length = |word: &str| word.chars().count();
    let mut text = String::new();
    let mut used = 0;
    for word in words {
        if used > 0 && used + length(between) + length(word) > width {
            text += "\n";
            used = 0;
        } else if used > 0 {
            text += between;
            used += length(between);
        }
        text += word;
        used += length(word);
    }
    text
}

/// The losses as a drawing; `changes` are the epochs at which settings change. Nothing for fewer than two epochs.
pub fn draw(run: &Run, changes: &[u32], canvas: Canvas) -> Option<String> {
    let series = |name: &str| run.series.get(name).map_or(&[][..], Vec::as_slice);
    let curves = [(series("train.loss"), TRAIN, "34"), (series("dev.loss"), DEV, "33")];
    let epochs = curves.iter().map(|(s, ..)| s.len()).max().filter(|n| *n > 1)?;
    let finite = || curves.iter().flat_map(|(s, ..)| s.iter().copied()).filter(|v| v.is_finite());
    let (low, high) = (finite().reduce(f64::min)?, finite().reduce(f64::max)?);
    let log = low > 0.0 && high / low > DECADES;
    let scale = |v: f64| if log { crate::kernel::math::ln(v) } else { v };
    let (bottom, top) = (scale(low), scale(high));
    let columns = canvas.width.saturating_sub(MARGIN + 1).clamp(10, 72).min(epochs);
    let mut cells = vec![vec![None; columns]; HEIGHT];
    for (values, mark, color) in curves {
        for column in 0..columns {
            // The last epoch that falls into the column.
            let epoch = (column + 1) * epochs / columns - 1;
            let Some(value) = values.get(epoch).filter(|v| v.is_finite()) else { continue };
            let share = if top > bottom { (scale(*value) - bottom) / (top - bottom) } else { 0.0 };
            let row = HEIGHT - 1 - ((share * (HEIGHT - 1) as f64).round() as usize).min(HEIGHT - 1);
            cells[row][column] = Some((mark, color));
        }
    }
    let mut text = String::new();
    for (row, cells) in cells.iter().enumerate() {
        let label = match row {
            0 => number(high),
            row if row == HEIGHT - 1 => number(low),
            _ => String::new(),
        };
        let drawn: String =
            cells.iter().map(|cell| cell.map_or(" ".into(), |(c, color)| paint(c, color, canvas))).collect();
        text += &format!("{label:>MARGIN$}│{}\n", drawn.trim_end());
    }
    let axis: String = (0..columns)
        .map(|column| {
            let (from, to) = (column * epochs / columns, (column + 1) * epochs / columns);
            if changes.iter().any(|e| (from + 1..=to).contains(&(*e as usize))) { '┬' } else { '─' }
        })
        .collect();
    text += &format!("{:>MARGIN$}└{axis}\n", "");
    let ends = format!("1{:>1$}", epochs, columns.saturating_sub(1));
    text += &format!("{:>MARGIN$} {ends}\n", "");
    let mut legend: Vec<String> = Vec::new();
    for (values, mark, name) in [(curves[0].0, TRAIN, "train.loss"), (curves[1].0, DEV, "dev.loss")] {
        if !values.is_empty() {
            legend.push(format!("{mark} {name}"));
        }
    }
    if log {
        legend.push("log scale".into());
    }
    if axis.contains('┬') {
        legend.push("┬ settings change".into());
    }
    let legend = fitted(&legend, "   ", canvas.width.saturating_sub(MARGIN + 1));
    let legend: Vec<String> = legend.lines().map(|line| format!("{:>MARGIN$} {line}", "")).collect();
    text += &legend.join("\n").replace(TRAIN, &paint(TRAIN, "34", canvas)).replace(DEV, &paint(DEV, "33", canvas));
    Some(text)
}

fn number(value: f64) -> String {
    if value != 0.0 && !(1e-3..1e5).contains(&value.abs()) { format!("{value:.1e}") } else { format!("{value:.4}") }
}

fn paint(mark: char, color: &str, canvas: Canvas) -> String {
    if canvas.color { format!("\u{1b}[{color}m{mark}\u{1b}[0m") } else { mark.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Outcome;

    fn run(train: Vec<f64>, dev: Vec<f64>) -> Run {
        let mut run = Run::empty(String::new(), 0, Outcome::Finished);
        run.series.insert("train.loss".into(), train);
        run.series.insert("dev.loss".into(), dev);
        run
    }

    #[test]
    fn a_curve_has_its_ends_its_marks_and_its_changes() {
        let run = run(vec![1.0, 0.5, 0.2, 0.0], vec![1.0, 0.8, 0.7, 0.9]);
        let text = draw(&run, &[3], Canvas { width: 80, color: false }).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), HEIGHT + 3);
        assert_eq!(lines[0], "   1.0000│●");
        assert_eq!(lines[1], "         │ ● ●");
        assert_eq!(lines[HEIGHT - 1], "   0.0000│   ·");
        assert_eq!(lines[HEIGHT], "         └──┬─");
        assert_eq!(lines[HEIGHT + 1].trim(), "1  4");
        assert_eq!(line(&run, Some(9)), "epoch 4/9: train.loss 0.0000, dev.loss 0.9000");
    }

    #[test]
    fn a_narrow_terminal_breaks_lines_between_words() {
        let run = run(vec![1.0; 500], vec![0.5; 500]);
        assert_eq!(lines(&run, 80), "train.loss 1.0000, dev.loss 0.5000");
        assert_eq!(lines(&run, 30), "train.loss 1.0000\ndev.loss 0.5000");
        let text = draw(&run, &[100], Canvas { width: 40, color: false }).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
        assert!(text.ends_with("\n          ┬ settings change"), "{text}");
    }

    #[test]
    fn what_is_not_finite_or_too_short_is_left_out() {
        assert!(draw(&run(vec![], vec![0.1]), &[], Canvas { width: 80, color: false }).is_none());
        let odd = run(vec![f64::NAN; 3], vec![1e9, 1e-9, f64::INFINITY]);
        let text = draw(&odd, &[], Canvas { width: 1, color: true }).unwrap();
        assert!(text.contains("log scale") && text.contains("1.0e9"));
        let long = run(vec![0.5; 10_000], vec![0.5; 10_000]);
        let text = draw(&long, &[], Canvas { width: 60, color: false }).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
    }
}
