//! Published weights: tensors under the names of our networks.

use std::collections::HashMap;

use super::weights::NamedTensor;

/// Tensors by the names of our networks, with their publisher.
pub(crate) struct PublishedWeights {
    pub(crate) tensors: HashMap<String, NamedTensor>,
    pub(crate) publisher: Publisher,
}

/// Publisher of a weights file, by its tensor names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Publisher {
    /// keras-vggface.
    Keras,
    /// deepface's VGG16: only convolutions, without their own names.
    Deepface,
    /// cydonia999's VGGFace2-pytorch.
    Cydonia,
    /// The authors of our networks.
    Authors,
}

impl PublishedWeights {
    /// Returns the first side of a tensor.
    pub(crate) fn first_side(&self, name: &str) -> Option<usize> {
        self.tensors.get(name)?.shape.first().copied()
    }

    /// Returns the first side of a tensor, or the published one.
    pub(crate) fn width(&self, name: &str, published: usize) -> usize {
        self.first_side(name).unwrap_or(published)
    }

    /// Returns the number of inputs of a linear layer.
    pub(crate) fn inputs(&self, name: &str) -> Option<usize> {
        Some(self.tensors.get(name)?.shape.iter().skip(1).product())
    }
}

impl Default for PublishedWeights {
    /// Returns no tensors, so every width is the published one.
    fn default() -> Self {
        Self { tensors: HashMap::new(), publisher: Publisher::Authors }
    }
}
