//! A network at work: one flat vector of parameters, one of gradients, one of buffers, and all its workspaces, made once.

use std::ops::Range;

use super::chain::{Builder, Chain};
use super::init;
use super::layer::{Layer, Loss, Shape, Statistics};
use super::loss::{Head, Targets};
use super::operation::{Gradient, Mode, Pass, StatisticsWork, Streams};
use super::parameter::{Inventory, Role, Tensor};
use super::shape::{self, ShapeError};
use crate::kernel::gemm::Workspace;
use crate::kernel::{Isa, Real, elementwise, reduce};
use crate::optim::{Optimizer, State};

/// A network of numbers of type `T`. Examples are rows of a flat slice; the results do not depend on `isa` and `threads`.
pub struct Network<T: Real> {
    layers: Vec<Layer>,
    input: Shape,
    head: Head<T>,
    max_rows: usize,
    isa: Isa,
    inventory: Inventory,
    /// What each batch norm uses at evaluation, depth first.
    batch_norms: Vec<Statistics>,
    parameters: Vec<T>,
    gradients: Vec<T>,
    buffers: Vec<T>,
    chain: Chain<T>,
    gradient: Gradient<T>,
    workspace: Workspace<T>,
    /// Of the last evaluation.
    outputs: Vec<T>,
    /// The layers one by one, for those who look at them; made when first asked for.
    apart: Option<Chain<T>>,
    /// Rate that dropout was changed to.
    dropout: Option<f64>,
}

impl<T: Real> Network<T> {
    /// With room for batches of `max_rows` examples, everything at 0: [`Network::initialize`] comes next.
    ///
    /// # Errors
    /// The first layer that does not fit what reaches it, or a loss that does not fit the last.
    pub fn new(
        layers: &[Layer],
        input: Shape,
        loss: Loss,
        max_rows: usize,
        isa: Isa,
        threads: usize,
    ) -> Result<Self, ShapeError> {
        let shapes = shape::infer(layers, input)?;
        shape::fits(layers, input, &shapes, &loss)?;
        let max_rows = max_rows.max(1);
        let head = Head::new(layers, input, &shapes, loss, max_rows);
        let mut builder = Builder::new(max_rows, true);
        let (chain, _) = Chain::build(&layers[..head.layers], input, &mut Vec::new(), &mut builder);
        let Builder { inventory, batch_norms, widest, products, .. } = builder;
        let mut workspace = Workspace::new(threads);
        for (rows, inputs, outputs) in products {
            workspace.reserve(rows, inputs, outputs);
        }
        let mut buffers = vec![T::ZERO; inventory.buffer_count()];
        init::buffers(&inventory.buffers, &mut buffers);
        Ok(Network {
            layers: layers.to_vec(),
            input,
            max_rows,
            isa,
            batch_norms,
            parameters: vec![T::ZERO; inventory.parameter_count()],
            gradients: vec![T::ZERO; inventory.parameter_count()],
            buffers,
            chain,
            gradient: Gradient::new(max_rows * widest.max(head.outputs)),
            workspace,
            outputs: Vec::new(),
            apart: None,
            dropout: None,
            head,
            inventory,
        })
    }

    /// Draws the weights from the streams of this seed and repetition, and sets all else to its start.
    pub fn initialize(&mut self, seed: u64, repetition: u32) {
        init::parameters(self.isa, &self.inventory.parameters, seed, repetition, &mut self.parameters);
        init::buffers(&self.inventory.buffers, &mut self.buffers);
        self.gradients.fill(T::ZERO);
    }

    /// One batch forwards and backwards: the gradients are those of the mean loss of its examples (weighted, if the targets have
    /// weights) plus the penalties of the layers and l2/2·Σw² over the weights of dense and conv layers. Batch norms take the batch
    /// into their moving averages. Nothing is allocated. Returns the mean loss, without the penalties.
    ///
    /// `x` is \[rows, features\], `rows` at most the `max_rows` of [`Network::new`].
    pub fn train_step(&mut self, x: &[T], targets: Targets<'_, T>, rows: usize, streams: Streams, l2: f64) -> T {
        self.forward(x, rows, Mode::Train { learn: true }, streams);
        let scores = self.chain.output(rows).unwrap_or(x);
        let dz = &mut self.gradient.front[..rows * self.head.outputs];
        let loss = self.head.train(self.isa, scores, targets, dz);
        let Network { chain, gradient, .. } = self;
        let mut pass = Pass {
            rows,
            mode: Mode::Train { learn: true },
            streams,
            isa: self.isa,
            parameters: &self.parameters,
            gradients: &mut self.gradients,
            buffers: &mut self.buffers,
            workspace: &mut self.workspace,
            measured: false,
        };
        chain.backward(&mut pass, x, gradient, false);
        self.add_penalty_gradients(l2);
        loss
    }

    /// The mean loss in training mode (batch statistics, dropout and noise of these streams); moving averages stay as they are.
    pub fn training_loss(&mut self, x: &[T], targets: Targets<'_, T>, rows: usize, streams: Streams) -> T {
        self.forward(x, rows, Mode::Train { learn: false }, streams);
        let scores = self.chain.output(rows).unwrap_or(x);
        let scratch = &mut self.gradient.front[..rows * self.head.outputs];
        self.head.mean(self.isa, scores, targets, scratch)
    }

    /// The outputs \[rows, outputs\] for any number of examples: dropout and noise are off, batch norms use what their `statistics` say
    /// (with [`Statistics::Batch`], those of all `rows` examples).
    pub fn evaluate(&mut self, x: &[T], rows: usize) -> &[T] {
        self.predict(x, rows, None);
        &self.outputs
    }

    /// The same with the mean loss (weighted, if the targets have weights; without penalties). The losses of the examples are summed in
    /// f64 in their order, so that it does not matter how many pass at once.
    pub fn evaluate_with_loss(&mut self, x: &[T], targets: Targets<'_, T>, rows: usize) -> (f64, &[T]) {
        let loss = self.predict(x, rows, Some(targets));
        (loss, &self.outputs)
    }

    fn predict(&mut self, x: &[T], rows: usize, targets: Option<Targets<'_, T>>) -> f64 {
        assert_eq!(x.len(), rows * self.input.size(), "numbers of {rows} examples");
        if self.uses(Statistics::Batch) {
            self.measure(x, Statistics::Batch);
        }
        let outputs = self.head.outputs;
        self.outputs.resize(rows * outputs, T::ZERO);
        let (mut sum, mut weight) = (0.0, 0.0);
        let mut done = 0;
        while done < rows {
            let count = self.max_rows.min(rows - done);
            let x = &x[done * self.input.size()..(done + count) * self.input.size()];
            self.forward(x, count, Mode::Evaluate, Streams::default());
            let scores = self.chain.output(count).unwrap_or(x);
            let targets = targets.map(|targets| targets.part(done, count, outputs));
            let part = &mut self.outputs[done * outputs..(done + count) * outputs];
            let losses = self.head.evaluate(self.isa, scores, targets, part);
            if let Some(targets) = targets {
                for (row, loss) in losses.iter().enumerate() {
                    let share = targets.weight(row);
                    sum += share * loss.to_f64();
                    weight += share;
                }
            }
            done += count;
        }
        sum / weight
    }

    /// The penalties: Σ over the weights of dense and conv layers of l1·|w| + (l2 of the layer + `l2`)/2·w².
    pub fn penalty(&self, l2: f64) -> f64 {
        let mut total = 0.0;
        for tensor in &self.inventory.parameters {
            if let (Role::Weight, (l1, own)) = (tensor.role, tensor.penalty) {
                let values = &self.parameters[tensor.range.clone()];
                for value in values.iter().map(|value| value.to_f64()) {
                    total += l1 * value.abs() + 0.5 * (own + l2) * value * value;
                }
            }
        }
        total
    }

    fn add_penalty_gradients(&mut self, l2: f64) {
        for tensor in &self.inventory.parameters {
            let (l1, own) = tensor.penalty;
            if tensor.role == Role::Weight && (l1 != 0.0 || own + l2 != 0.0) {
                let (g, w) = (&mut self.gradients[tensor.range.clone()], &self.parameters[tensor.range.clone()]);
                elementwise::add_penalty_gradient(self.isa, g, w, T::from_f64(l1), T::from_f64(own + l2));
            }
        }
    }

    /// Whether [`Network::refresh_statistics`] has to be called before an evaluation, after parameters have changed.
    pub fn needs_statistics(&self) -> bool {
        self.uses(Statistics::Exact)
    }

    /// Measures what reaches each batch norm with [`Statistics::Exact`], in one exact pass over these examples (the training set) a batch
    /// norm, in their order: those before it already use their own. Mean and variance (over all, biased) go to the buffers.
    pub fn refresh_statistics(&mut self, x: &[T], rows: usize) {
        assert_eq!(x.len(), rows * self.input.size(), "numbers of {rows} examples");
        if rows > 0 && self.needs_statistics() {
            self.measure(x, Statistics::Exact);
        }
    }

    fn uses(&self, statistics: Statistics) -> bool {
        self.batch_norms.contains(&statistics)
    }

    fn measure(&mut self, x: &[T], statistics: Statistics) {
        for index in 0..self.batch_norms.len() {
            if self.batch_norms[index] != statistics {
                continue;
            }
            self.chain.statistics(&mut StatisticsWork::Start(index));
            for x in x.chunks(self.max_rows * self.input.size()) {
                self.forward(x, x.len() / self.input.size(), Mode::Measure(index), Streams::default());
            }
            self.chain.statistics(&mut StatisticsWork::Finish(index, &mut self.buffers));
        }
    }

    /// Through the chain; the result is in its last layer.
    fn forward(&mut self, x: &[T], rows: usize, mode: Mode, streams: Streams) {
        assert!(rows > 0 && rows <= self.max_rows, "a batch of {rows}, with room for {}", self.max_rows);
        assert_eq!(x.len(), rows * self.input.size(), "numbers of a batch of {rows}");
        let mut pass = Pass {
            rows,
            mode,
            streams,
            isa: self.isa,
            parameters: &self.parameters,
            gradients: &mut self.gradients,
            buffers: &mut self.buffers,
            workspace: &mut self.workspace,
            measured: false,
        };
        self.chain.forward(&mut pass, x);
    }

    /// Every layer's outputs for these examples (at most `max_rows` of them), by name: `2 batch_norm`. A layer that only changes the
    /// shape is left out. `training`: with the batch's statistics and with dropout and noise of these streams, else as in an evaluation.
    /// Changes nothing that training sees.
    pub fn layer_outputs(&mut self, x: &[T], rows: usize, training: Option<Streams>, see: &mut dyn FnMut(&str, &[T])) {
        let rows = rows.min(self.max_rows);
        let x = &x[..rows * self.input.size()];
        if rows == 0 {
            return;
        }
        let mut apart = self.apart.take().unwrap_or_else(|| {
            let layers =
                &self.layers[..self.layers.len() - usize::from(matches!(self.layers.last(), Some(Layer::Hardmax)))];
            let mut chain =
                Chain::build(layers, self.input, &mut Vec::new(), &mut Builder::new(self.max_rows, false)).0;
            if let Some(rate) = self.dropout {
                chain.set_dropout(rate);
            }
            chain
        });
        std::mem::swap(&mut self.chain, &mut apart);
        if training.is_none() && self.uses(Statistics::Batch) {
            self.measure(x, Statistics::Batch);
        }
        let mode = training.map_or(Mode::Evaluate, |_| Mode::Train { learn: false });
        self.forward(x, rows, mode, training.unwrap_or_default());
        self.chain.visit(rows, see);
        std::mem::swap(&mut self.chain, &mut apart);
        self.apart = Some(apart);
    }

    /// The Euclidean norm of each layer's last gradient, by name: `1 dense`.
    pub fn gradient_norms(&self) -> Vec<(String, f64)> {
        let mut norms: Vec<(String, f64)> = Vec::new();
        for tensor in &self.inventory.parameters {
            let squares = reduce::sum_of_squares(self.isa, &self.gradients[tensor.range.clone()]).to_f64();
            match norms.last_mut().filter(|last| last.0 == tensor.layer) {
                Some(last) => last.1 += squares,
                None => norms.push((tensor.layer.clone(), squares)),
            }
        }
        norms.into_iter().map(|(layer, squares)| (layer, squares.sqrt())).collect()
    }

    /// From now on every dropout layer drops this share.
    pub fn set_dropout(&mut self, rate: f64) {
        self.dropout = Some(rate);
        self.chain.set_dropout(rate);
        if let Some(apart) = &mut self.apart {
            apart.set_dropout(rate);
        }
    }

    /// How many numbers an example has at the end.
    pub fn outputs(&self) -> usize {
        self.head.outputs
    }

    /// The layers that it was made of.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The shape of one example.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// The tensors of the flat vector of parameters, in its order.
    pub fn tensors(&self) -> &[Tensor] {
        &self.inventory.parameters
    }

    /// The tensors of the flat vector of buffers, in its order.
    pub fn buffer_tensors(&self) -> &[Tensor] {
        &self.inventory.buffers
    }

    /// Where the weights of dense and conv layers are: what decay works on, not b, γ and β.
    pub fn weight_ranges(&self) -> Vec<Range<usize>> {
        let weights = self.inventory.parameters.iter().filter(|tensor| tensor.role == Role::Weight);
        weights.map(|tensor| tensor.range.clone()).collect()
    }

    /// All that is learned.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// All that is learned, to be updated.
    pub fn parameters_mut(&mut self) -> &mut [T] {
        &mut self.parameters
    }

    /// The gradients of the last [`Network::train_step`].
    pub fn gradients(&self) -> &[T] {
        &self.gradients
    }

    /// The gradients, to be clipped.
    pub fn gradients_mut(&mut self) -> &mut [T] {
        &mut self.gradients
    }

    /// One step of the optimizer along the last gradients, at `rate`; `decayed` are the ranges that decoupled decay works on.
    pub fn update(&mut self, state: &mut State<T>, optimizer: &Optimizer, rate: f64, decayed: &[Range<usize>]) {
        let Network { parameters, gradients, workspace, .. } = self;
        state.step(self.isa, workspace.team(), optimizer, rate, parameters, gradients, decayed);
    }

    /// Statistics of batch norms: with the parameters, all of a network's state.
    pub fn buffers(&self) -> &[T] {
        &self.buffers
    }

    /// Statistics of batch norms, to be restored.
    pub fn buffers_mut(&mut self) -> &mut [T] {
        &mut self.buffers
    }
}
