//! Interface of the engines.

use super::error::EngineError;

/// Feature maps per node and image, with values in channel, row, column order.
pub(crate) type Maps = Vec<Vec<Vec<f32>>>;

/// A network with its weights on a device.
pub(crate) trait Engine: Send + Sync {
    /// Runs the network on images of preprocessed pixels.
    ///
    /// **Shape**: `(n, size, size, 3)` → n × `(d)`.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] if the tensor library fails.
    fn run(&self, images: usize, pixels: Vec<f32>) -> Result<Vec<Vec<f32>>, EngineError> {
        Ok(self.run_with_maps(images, pixels)?.0)
    }

    /// As [`Self::run`], and returns the maps of the nodes requested at loading.
    ///
    /// **Shape** of the maps: per node n × `(channels, height, width)`.
    ///
    /// # Errors
    /// As for [`Self::run`].
    fn run_with_maps(
        &self,
        images: usize,
        pixels: Vec<f32>,
    ) -> Result<(Vec<Vec<f32>>, Maps), EngineError>;
}
