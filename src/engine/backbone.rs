//! Backbone: a network with its weights and its preprocessing.

use super::device::{Device, Precision};
use super::error::EngineError;
use super::interface::Engine;
use super::load::load_engine;
use crate::network::WeightsFile;
use crate::network::architectures::Architecture;
use crate::network::preprocessing::{self, Preprocessing};

/// Architecture of a backbone, with the preprocessing that its weights were trained on.
#[derive(Clone, Copy, Debug)]
pub struct BackboneSpec<'a> {
    /// The network.
    pub architecture: &'a Architecture,
    /// Conversion of 8-bit RGB to the network's input.
    pub preprocessing: Preprocessing,
}

/// A network with its weights, ready to embed.
pub struct Backbone {
    input_size: usize,
    dimension: usize,
    preprocessing: Preprocessing,
    engine: Box<dyn Engine>,
}

impl Backbone {
    /// Loads a network's weights onto a device.
    ///
    /// # Errors
    /// - [`EngineError::Network`] if a tensor is missing, has another shape, or is not finite.
    /// - [`EngineError::Network`] if the architecture contradicts itself.
    /// - [`EngineError::NoDevice`] if the device cannot be used.
    pub fn load(
        spec: BackboneSpec<'_>,
        mut weights: WeightsFile,
        device: Device,
        precision: Precision,
    ) -> Result<Self, EngineError> {
        let BackboneSpec { architecture, preprocessing } = spec;
        let device = device.resolve(precision)?;
        let network = architecture.network()?;
        let input_size = network.input_size();
        let dimension = network.output_width();
        let engine = load_engine(network, &[], &device, &mut weights)?;
        Ok(Self { input_size, dimension, preprocessing, engine })
    }

    /// Returns the side of the square input, in pixels.
    pub fn input_size(&self) -> usize {
        self.input_size
    }

    /// Returns the width of the embedding, d.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Runs the network on faces of 8-bit RGB, each `(size, size, 3)` with `size` =
    /// [`Self::input_size`].
    ///
    /// Returns one raw output of `d` values a face, not normalized. If the preprocessing has
    /// `mirror`, the outputs of the face and its mirror image are each scaled to unit length. The
    /// result is then their mean.
    ///
    /// **Shape**: n × `(size, size, 3)` → n × `(d)`.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] if the tensor library fails.
    pub fn embed(&self, faces: &[&[u8]]) -> Result<Vec<Vec<f32>>, EngineError> {
        Ok(self.embed_views(&[(self.preprocessing, faces.to_vec())])?.remove(0))
    }

    /// Embeds several views of faces in one batch, each preprocessed in its own way.
    ///
    /// Returns the outputs of each view, as [`Self::embed`] does.
    ///
    /// # Errors
    /// As [`Self::embed`].
    pub fn embed_views(
        &self,
        views: &[(Preprocessing, Vec<&[u8]>)],
    ) -> Result<Vec<Vec<Vec<f32>>>, EngineError> {
        let size = self.input_size;
        let images = views.iter().map(|(view, faces)| view.copies() * faces.len()).sum();
        if images == 0 {
            return Ok(vec![Vec::new(); views.len()]);
        }
        let mut pixels = vec![0.0; images * 3 * size * size];
        let mut rest = pixels.as_mut_slice();
        for (preprocessing, faces) in views {
            let len = preprocessing.copies() * faces.len() * 3 * size * size;
            let (view, later_views) = rest.split_at_mut(len);
            preprocessing.write(view, faces, size);
            rest = later_views;
        }
        let outputs = self.engine.run(images, pixels)?;
        let mut embeddings = Vec::with_capacity(views.len());
        let mut rest = outputs.as_slice();
        for (preprocessing, faces) in views {
            let (view, later_views) = rest.split_at(preprocessing.copies() * faces.len());
            let copies = view.chunks(preprocessing.copies());
            embeddings.push(copies.map(preprocessing::merge_copies).collect());
            rest = later_views;
        }
        Ok(embeddings)
    }
}
