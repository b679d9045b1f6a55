//! What a network learns, by name: where each tensor is in the flat vector.

use std::ops::Range;

use super::layer::{Init, Shape};

/// What a tensor does in its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// W of dense and conv.
    Weight,
    /// b of dense and conv.
    Bias,
    /// γ of a normalisation.
    Scale,
    /// β of a normalisation.
    Shift,
    /// Average of a batch norm's inputs; not learned, kept in the buffers.
    Mean,
    /// Variance of a batch norm's inputs; not learned, kept in the buffers.
    Variance,
}

impl Role {
    /// The last part of a tensor's name, as PyTorch has it.
    fn name(self) -> &'static str {
        match self {
            Role::Weight | Role::Scale => "weight",
            Role::Bias | Role::Shift => "bias",
            Role::Mean => "running_mean",
            Role::Variance => "running_var",
        }
    }
}

/// A named part of the flat vector of parameters, or of buffers for [`Role::Mean`] and [`Role::Variance`].
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// `layers.0.weight`; inside a residual that is layer 2, `layers.2.0.weight`.
    pub name: String,
    /// Its layer as it is shown: `1 dense`.
    pub layer: String,
    /// Path of the layer, indices from 0.
    pub place: Vec<usize>,
    /// What it does there.
    pub role: Role,
    /// Dense W: [inputs, outputs]. Conv W: [height, width, channels, filters]. Others: one side.
    pub shape: Vec<usize>,
    /// Where it is.
    pub range: Range<usize>,
    /// The shape of an example that reaches the layer.
    pub input: Shape,
    /// How it starts: weights by this, others at 0 (b, β, mean) or 1 (γ, variance).
    pub init: Option<Init>,
    /// Penalties of the layer: l1·Σ|w| + l2/2·Σw².
    pub penalty: (f64, f64),
}

/// The list of tensors while a network is put together.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    pub parameters: Vec<Tensor>,
    pub buffers: Vec<Tensor>,
}

impl Inventory {
    /// Room for a tensor at the end of its flat vector.
    pub fn add(&mut self, site: &Site<'_>, role: Role, shape: &[usize]) -> Range<usize> {
        self.add_weight(site, role, shape, None, (0.0, 0.0))
    }

    /// The same with its start and penalties.
    pub fn add_weight(
        &mut self,
        site: &Site<'_>,
        role: Role,
        shape: &[usize],
        init: Option<Init>,
        penalty: (f64, f64),
    ) -> Range<usize> {
        let list = match role {
            Role::Mean | Role::Variance => &mut self.buffers,
            _ => &mut self.parameters,
        };
        let start = list.last().map_or(0, |last| last.range.end);
        let range = start..start + shape.iter().product::<usize>();
        list.push(Tensor {
            name: format!("layers.{}.{}", dotted(site.place, 0), role.name()),
            layer: site.label(),
            place: site.place.to_vec(),
            role,
            shape: shape.to_vec(),
            range: range.clone(),
            input: site.input,
            init,
            penalty,
        });
        range
    }

    /// How many numbers are learned.
    pub fn parameter_count(&self) -> usize {
        self.parameters.last().map_or(0, |last| last.range.end)
    }

    /// How many numbers are kept besides.
    pub fn buffer_count(&self) -> usize {
        self.buffers.last().map_or(0, |last| last.range.end)
    }
}

/// Where a layer is and what reaches it.
pub(super) struct Site<'a> {
    pub place: &'a [usize],
    pub name: &'static str,
    pub input: Shape,
}

impl Site<'_> {
    /// The layer as it is shown: `2 batch_norm`, inside a residual `3.1 dense`.
    pub fn label(&self) -> String {
        format!("{} {}", dotted(self.place, 1), self.name)
    }
}

fn dotted(place: &[usize], first: usize) -> String {
    place.iter().map(|index| (index + first).to_string()).collect::<Vec<_>>().join(".")
}
