//! What the pictures of a notebook need of its models: recorded while training, or computed from the weights afterwards.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::expand::Expander;
use super::worker::Equipment;
use crate::data::Prepared;
use crate::kernel::Real;
use crate::plan::claim::Term;
use crate::plan::experiment::Experiment;
use crate::plan::metric::{Measure, Metric, MetricKind};
use crate::plan::notebook::{Item, Notebook};
use crate::plan::show::{Draw, Filter, Plot, Selection};
use crate::plan::training::{Observe, Precision, Task, Training};
use crate::record::inspect::Inspection;
use crate::record::{Run, Study, Trial};
use crate::report::Inspected;
use crate::report::group::{Groups, PICTURE, cases};
use crate::stats::select::ranked;
use crate::store::{Key, key};
use crate::train::checkpoint::Checkpoint;
use crate::train::inspect::{Inspector, Subject};
use crate::train::{Control, Session};

/// What each experiment has to record beyond the ordinary, so that all that is shown and claimed of it can be.
pub fn observations(notebook: &Notebook) -> BTreeMap<String, Observe> {
    let mut needs: BTreeMap<String, Observe> =
        notebook.experiments.iter().map(|e| (e.name.clone(), Observe::default())).collect();
    let mut measures: Vec<(String, Measure)> = Vec::new();
    let series = |metric: Metric| Measure::Best(metric);
    for experiment in &notebook.experiments {
        measures.extend(experiment.objectives.iter().map(|o| (experiment.name.clone(), o.measure.clone())));
    }
    for item in &notebook.items {
        match item {
            Item::Prose(_) | Item::Experiment(_) => {}
            Item::Table(table) => {
                let shown = table.show.iter().chain(&table.sort).cloned();
                let shown: Vec<Measure> = shown.chain(filtered(&table.filters)).collect();
                collect(&mut measures, &table.of, &shown);
            }
            Item::Plot(plot) => {
                let mut shown: Vec<Measure> = plot.color.iter().cloned().chain(filtered(&plot.filters)).collect();
                match &plot.draw {
                    Draw::Curves(metrics) => shown.extend(metrics.iter().map(|m| series(*m))),
                    Draw::Scatter(x, y) => shown.extend([x.clone(), y.clone()]),
                    Draw::Histogram(m) | Draw::Box(m) | Draw::Heatmap(_, _, m) | Draw::Contour(_, _, m) => {
                        shown.push(m.clone());
                    }
                    Draw::Activations(_) | Draw::Gradients => {
                        for selection in &plot.of {
                            if let Some(observe) = needs.get_mut(&selection.experiment) {
                                observe.activations |= matches!(plot.draw, Draw::Activations(_));
                                observe.gradients |= matches!(plot.draw, Draw::Gradients);
                            }
                        }
                    }
                    Draw::Parallel
                    | Draw::Importance
                    | Draw::Pareto
                    | Draw::Boundary
                    | Draw::Confusion
                    | Draw::Samples(..)
                    | Draw::Weights(_)
                    | Draw::Surface(_) => {}
                }
                collect(&mut measures, &plot.of, &shown);
            }
            Item::Claim(claim) => {
                for statement in &claim.comparisons {
                    terms(&statement.left, &mut measures);
                    terms(&statement.right, &mut measures);
                }
            }
        }
    }
    for (experiment, measure) in measures {
        let metric = match measure {
            Measure::EpochsTo(metric, _) | Measure::Final(metric) | Measure::Best(metric) | Measure::At(metric, _) => {
                metric
            }
            Measure::Metric(metric) if matches!(metric.kind, MetricKind::Top(_)) => metric,
            _ => continue,
        };
        if let Some(observe) = needs.get_mut(&experiment)
            && metric.is_extra()
            && !observe.metrics.contains(&metric)
        {
            observe.metrics.push(metric);
        }
    }
    needs.values_mut().for_each(|observe| observe.metrics.sort());
    needs
}

fn filtered(filters: &[Filter]) -> impl Iterator<Item = Measure> + '_ {
    filters.iter().map(|filter| filter.measure.clone())
}

fn collect(measures: &mut Vec<(String, Measure)>, of: &[Selection], shown: &[Measure]) {
    for selection in of {
        let all = shown.iter().cloned().chain(filtered(&selection.filters));
        measures.extend(all.map(|measure| (selection.experiment.clone(), measure)));
    }
}

fn terms(term: &Term, measures: &mut Vec<(String, Measure)>) {
    match term {
        Term::Number(_) => {}
        Term::Measure(selection, measure) => {
            collect(measures, std::slice::from_ref(selection), std::slice::from_ref(measure))
        }
        Term::Arithmetic(left, _, right) => {
            terms(left, measures);
            terms(right, measures);
        }
    }
}

/// What a kind of picture needs of a trained model.
fn subject(draw: &Draw) -> Option<Subject> {
    match draw {
        Draw::Boundary => Some(Subject::Boundary),
        Draw::Confusion => Some(Subject::Confusion),
        Draw::Weights(layer) => Some(Subject::Weights(*layer)),
        Draw::Surface(directions) => Some(Subject::Surface(directions.clone())),
        _ => None,
    }
}

/// Raised when something else is computed of the same model, so that what is stored is computed again.
const COMPUTED: u32 = 1;

fn stored_under(training: &Training, subject: &Subject) -> Key {
    key::inspection(&key::run(training), &format!("{subject:?} {COMPUTED}"))
}

/// Computes what the pictures of a notebook need of its models, by the plot's place among the items.
pub struct Inspections<'a> {
    /// The plan.
    pub notebook: &'a Notebook,
    /// What came of it.
    pub studies: &'a BTreeMap<String, Study>,
    /// Where relative paths of the file begin.
    pub base: &'a Path,
    /// Data sets, stored checkpoints and inspections.
    pub equipment: &'a Equipment,
}

impl Inspections<'_> {
    /// All of them; with what could not be computed, and why.
    pub fn compute(&self) -> (BTreeMap<usize, Vec<Inspected>>, Vec<String>) {
        let mut all = BTreeMap::new();
        let mut problems = Vec::new();
        let observe = observations(self.notebook);
        for (place, item) in self.notebook.items.iter().enumerate() {
            let Item::Plot(plot) = item else { continue };
            let Some(subject) = subject(&plot.draw) else { continue };
            let mut found = Vec::new();
            for (label, experiment, trial) in self.models(plot) {
                match self.model(&observe, experiment, trial, &subject) {
                    Ok(Some(inspection)) => found.push(Inspected { label, inspection }),
                    Ok(None) => {}
                    Err(why) => problems.push(format!("{label}: {why}")),
                }
            }
            all.insert(place, found);
        }
        (all, problems)
    }

    /// What they are stored under.
    pub fn keys(&self) -> Vec<Key> {
        let observe = observations(self.notebook);
        let mut keys = Vec::new();
        for item in &self.notebook.items {
            let Item::Plot(plot) = item else { continue };
            let Some(subject) = subject(&plot.draw) else { continue };
            for (_, experiment, trial) in self.models(plot) {
                if let Ok(Some(training)) = self.training(&observe, experiment, trial) {
                    keys.push(stored_under(&training, &subject));
                }
            }
        }
        keys
    }

    /// The best trial of each selection and group of a plot, in the order of the groups, with what it is called.
    fn models(&self, plot: &Plot) -> Vec<(String, &Experiment, &Trial)> {
        let known: Vec<Selection> =
            plot.of.iter().filter(|s| self.studies.contains_key(&s.experiment)).cloned().collect();
        let Ok(cases) = cases(&known, &plot.filters, self.studies) else { return Vec::new() };
        let groups = Groups::new(&cases, &known, &plot.by, PICTURE).groups;
        let mut models = Vec::new();
        for group in groups {
            let Some(study) = group.cases.first().map(|c| c.study) else { continue };
            let experiment = self.notebook.experiments.iter().find(|e| e.name == study.experiment);
            let trials: Vec<&Trial> = group.cases.iter().map(|c| c.trial).collect();
            if let (Some(experiment), Some(best)) = (experiment, ranked(study, &trials).first()) {
                models.push((group.name, experiment, *best));
            }
        }
        models
    }

    /// The training of one run of a trial, as far as it was trained; none where the experiment runs a program.
    ///
    /// # Errors
    /// With a message for the person who asked.
    pub fn training_of(&self, experiment: &Experiment, trial: &Trial, run: &Run) -> Result<Option<Training>, String> {
        self.run_training(&observations(self.notebook), experiment, trial, run)
    }

    /// The training of a trial's first repetition, as far as it was trained.
    fn training(
        &self,
        observe: &BTreeMap<String, Observe>,
        experiment: &Experiment,
        trial: &Trial,
    ) -> Result<Option<Training>, String> {
        let Some(run) = trial.runs.first() else { return Ok(None) };
        self.run_training(observe, experiment, trial, run)
    }

    fn run_training(
        &self,
        observe: &BTreeMap<String, Observe>,
        experiment: &Experiment,
        trial: &Trial,
        run: &Run,
    ) -> Result<Option<Training>, String> {
        let results = |of: &Selection, measure: &Measure| super::bring::result(self.studies, of, measure);
        let expander = Expander {
            experiment,
            base: self.base,
            datasets: &self.equipment.datasets,
            observe: &observe[&experiment.name],
            results: &results,
        };
        let epochs = crate::stats::measure::epochs(run) as u32;
        let task = expander.task(&trial.draws, run.repetition, Some(epochs.max(1))).map_err(|e| e.to_string())?;
        Ok(match task {
            Task::Train(training) => Some(*training),
            Task::Command(_) => None,
        })
    }

    fn model(
        &self,
        observe: &BTreeMap<String, Observe>,
        experiment: &Experiment,
        trial: &Trial,
        subject: &Subject,
    ) -> Result<Option<Inspection>, String> {
        let Some(training) = self.training(observe, experiment, trial)? else { return Ok(None) };
        let key = stored_under(&training, subject);
        if let Some(stored) = self.equipment.store.inspection(&key) {
            return Ok(Some(stored));
        }
        let computed = match training.precision {
            Precision::F32 => self.inspect::<f32>(&training, subject),
            Precision::F64 => self.inspect::<f64>(&training, subject),
        }?;
        if let Some(inspection) = &computed {
            // What cannot be stored is computed again next time.
            let _ = self.equipment.store.put_inspection(&key, inspection);
        }
        Ok(computed)
    }

    fn inspect<T: Real>(&self, training: &Training, subject: &Subject) -> Result<Option<Inspection>, String> {
        let (data, checkpoint) = model::<T>(training, self.equipment)?;
        let inspector = Inspector { training, data: &data, checkpoint: &checkpoint, isa: self.equipment.isa };
        inspector.inspect(subject).map_err(|e| e.to_string())
    }
}

/// The data and the end of a training: from its checkpoint, or trained again where that is gone.
///
/// # Errors
/// With a message for the person who asked.
pub fn model<T: Real>(training: &Training, equipment: &Equipment) -> Result<(Arc<Prepared<T>>, Checkpoint<T>), String> {
    let data =
        equipment.datasets.prepared::<T>(&training.data, training.repetition).map_err(|error| error.to_string())?;
    let stored = equipment.store.resume(training).and_then(|(_, bytes)| Checkpoint::<T>::from_bytes(&bytes));
    let mut session = Session::new(training, &data, equipment.isa, 1).map_err(|e| e.to_string())?;
    if let Some(checkpoint) = stored {
        session.restore(checkpoint).map_err(|e| e.to_string())?;
    }
    while !session.finished() && session.train_epoch(&mut || Control::Continue) {}
    let checkpoint = session.checkpoint();
    drop(session);
    Ok((data, checkpoint))
}
