//! A photo in memory.

/// An upright photo: `height` rows of `width` pixels of 8-bit sRGB red, green, blue.
#[derive(Clone, PartialEq, Eq)]
pub struct Photo {
    /// Pixels per row, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
    /// `(height, width, 3)`, row by row.
    pub rgb: Vec<u8>,
}

impl Photo {
    /// Returns the red, green and blue of a pixel.
    ///
    /// # Panics
    /// If the pixel is outside the photo.
    pub(super) fn pixel(&self, x: usize, y: usize) -> &[u8] {
        &self.rgb[3 * (y * self.width as usize + x)..][..3]
    }

    /// Returns its mirror image.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let mut mirrored = self.clone();
        for row in mirrored.rgb.chunks_exact_mut(3 * self.width as usize) {
            row.as_chunks_mut::<3>().0.reverse();
        }
        mirrored
    }
}
