//! A trained network that another one learns from.
//!
//! Of a face it says the mean of what it makes of it and of its mirror image, so that one pass of a student is worth two
//! of its own. (Both side by side, as it was once, are learned as one: the halves had a cosine of 0.999.) Each is whitened
//! first ([`Whitening`]): its cosine tells more then, and nothing is to be learned that all faces have in common.

use super::hint::teaching_nodes;
use super::student::SHARD;
use super::vector::unit;
use crate::backbone::device::{Device, Precision};
use crate::backbone::network::Network;
use crate::backbone::preprocessing::Preprocessing;
use crate::backbone::{Architecture, BackboneError, Maps, Runner, WeightsFile, vggface_lite};
use crate::whitening::Whitening;

/// A trained network to learn from.
pub struct Teacher {
    pub(super) network: Network,
    preprocessing: Preprocessing,
    runner: Runner,
    whitening: Option<Whitening>,
}

impl Teacher {
    /// Loads a network as a teacher of small networks like `student`, onto a device.
    ///
    /// # Errors
    /// As [`crate::backbone::Backbone::load`].
    pub fn load(
        (architecture, preprocessing): (&Architecture, Preprocessing),
        mut weights: WeightsFile,
        (student, device): (&vggface_lite::Config, Device),
    ) -> Result<Self, BackboneError> {
        let network = architecture.network()?;
        let preprocessing = Preprocessing { mirror: true, ..preprocessing };
        let nodes = teaching_nodes(&network, &vggface_lite::network(student)?);
        let place = device.place(Precision::F32)?;
        let runner = Runner::load((network.clone(), &nodes), &place, &mut weights)?;
        Ok(Self { network, preprocessing, runner, whitening: None })
    }

    /// Side of the faces that it sees, in pixels.
    pub fn input_size(&self) -> usize {
        self.network.input_size()
    }

    /// Values of what it says of a face.
    pub fn dimension(&self) -> usize {
        self.network.output_width()
    }

    /// Whitens from now on what it says, by what it says of these faces, `(size, size, 3)` bytes each.
    pub(super) fn whiten(&mut self, faces: &[&[u8]]) -> Result<(), BackboneError> {
        let mut said = Vec::new();
        for batch in faces.chunks(SHARD) {
            said.extend(self.outputs(batch)?.0.iter().map(|output| unit(output)));
        }
        self.whitening = Whitening::of(&said);
        Ok(())
    }

    /// Of each face its output and that of its mirror image, and the inner maps of both.
    fn outputs(&self, faces: &[&[u8]]) -> Result<(Vec<Vec<f32>>, Maps), BackboneError> {
        let size = self.input_size();
        let pixels = self.preprocessing.pixels(faces, size);
        self.runner.run_with_maps((2 * faces.len(), size), pixels)
    }

    /// An output as a vector of unit length.
    fn embedding(&self, output: &[f32]) -> Vec<f32> {
        let own = unit(output);
        self.whitening.as_ref().map_or(own.clone(), |whitening| unit(&whitening.apply(&own)))
    }

    /// What it says of faces, `(size, size, 3)` bytes each, as vectors of unit length, and its inner maps of them.
    pub(super) fn judge(&self, faces: &[&[u8]]) -> Result<(Vec<Vec<f32>>, Maps), BackboneError> {
        let (outputs, maps) = self.outputs(faces)?;
        let said = outputs.chunks(2).map(|copies| {
            let [face, mirrored] = [0, 1].map(|at| self.embedding(&copies[at]));
            unit(&face.iter().zip(mirrored).map(|(a, b)| a + b).collect::<Vec<f32>>())
        });
        // A mirror image follows its face; only the face's maps are wanted.
        let straight = maps.into_iter().map(|map| map.into_iter().step_by(2).collect());
        Ok((said.collect(), straight.collect()))
    }
}
