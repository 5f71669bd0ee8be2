//! A trained network as the teacher of a student.
//!
//! Its embedding of a face is the mean of its outputs for the face and for the mirror image. So one
//! pass of a student is worth two passes of the teacher. (An earlier version concatenated both
//! outputs, but the two halves of a student were nearly equal: they had a cosine of 0.999.)
//!
//! Each output is whitened first ([`Whitening`]). Its cosine is then more informative, and the
//! student is not trained on the part that all faces share.

use super::error::NetworkTrainingError;
use super::hint::hint_nodes;
use super::student::SHARD;
use super::vector::unit;
use crate::engine::{BackboneSpec, Device, Engine, EngineError, Maps, Precision, load_engine};
use crate::linalg::whitening::Whitening;
use crate::network::WeightsFile;
use crate::network::architectures::vggface_lite;
use crate::network::graph::Network;
use crate::network::preprocessing::Preprocessing;

/// Embeddings of faces as vectors of unit length, with the inner maps of the faces.
pub(super) struct TeacherOutput {
    pub(super) embeddings: Vec<Vec<f32>>,
    pub(super) maps: Maps,
}

/// A trained network as a teacher.
pub struct Teacher {
    pub(super) network: Network,
    preprocessing: Preprocessing,
    engine: Box<dyn Engine>,
    whitening: Option<Whitening>,
}

impl Teacher {
    /// Loads a network onto a device, as a teacher of small networks like `student`.
    ///
    /// # Errors
    /// As [`crate::engine::Backbone::load`].
    pub fn load(
        spec: BackboneSpec<'_>,
        mut weights: WeightsFile,
        student: &vggface_lite::Config,
        device: Device,
    ) -> Result<Self, EngineError> {
        let network = spec.architecture.network()?;
        let preprocessing = Preprocessing { mirror: true, ..spec.preprocessing };
        let nodes = hint_nodes(&network, &vggface_lite::network(student)?);
        let device = device.resolve(Precision::F32)?;
        let engine = load_engine(network.clone(), &nodes, &device, &mut weights)?;
        Ok(Self { network, preprocessing, engine, whitening: None })
    }

    /// Returns the side of its input faces, in pixels.
    pub fn input_size(&self) -> usize {
        self.network.input_size()
    }

    /// Returns the number of values of its embedding.
    pub fn dimension(&self) -> usize {
        self.network.output_width()
    }

    /// Whitens all later embeddings on its embeddings of these faces, `(size, size, 3)` bytes each.
    pub(super) fn whiten(&mut self, faces: &[&[u8]]) -> Result<(), NetworkTrainingError> {
        let mut outputs = Vec::new();
        for batch in faces.chunks(SHARD) {
            outputs.extend(self.outputs(batch)?.0.iter().map(|output| unit(output)));
        }
        self.whitening = Whitening::from_vectors(&outputs);
        Ok(())
    }

    /// Returns the outputs and inner maps of each face and of its mirror image.
    fn outputs(&self, faces: &[&[u8]]) -> Result<(Vec<Vec<f32>>, Maps), EngineError> {
        let pixels = self.preprocessing.pixels(faces, self.input_size());
        self.engine.run_with_maps(2 * faces.len(), pixels)
    }

    /// Returns an output as a vector of unit length.
    fn embedding(&self, output: &[f32]) -> Vec<f32> {
        let plain = unit(output);
        match &self.whitening {
            Some(whitening) => unit(&whitening.apply(&plain)),
            None => plain,
        }
    }

    /// Returns the embeddings of faces as vectors of unit length, and their inner maps.
    ///
    /// The faces are `(size, size, 3)` bytes each.
    pub(super) fn embed(&self, faces: &[&[u8]]) -> Result<TeacherOutput, NetworkTrainingError> {
        let (outputs, maps) = self.outputs(faces)?;
        let embeddings = outputs.chunks(2).map(|copies| {
            let [face, mirrored] = [0, 1].map(|i| self.embedding(&copies[i]));
            unit(&face.iter().zip(mirrored).map(|(a, b)| a + b).collect::<Vec<f32>>())
        });
        // A mirror image follows its face; only the face's maps are used.
        let maps = maps.into_iter().map(|map| map.into_iter().step_by(2).collect());
        Ok(TeacherOutput { embeddings: embeddings.collect(), maps: maps.collect() })
    }
}
