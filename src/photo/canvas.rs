//! Drawing of photos and text on white.

use std::convert::Infallible;

use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::FONT_9X18_BOLD;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::text::{Baseline, Text};

use super::Photo;

/// Height of a line of text, in pixels.
pub(super) const TEXT_HEIGHT: u32 = 18;

/// An image under construction. Drawing outside of it is clipped.
pub(super) struct Canvas(pub(super) Photo);

impl Canvas {
    /// Creates a white image.
    pub(super) fn white(width: u32, height: u32) -> Self {
        let rgb = vec![255; 3 * width as usize * height as usize];
        Self(Photo { width, height, rgb })
    }

    /// Draws a photo with its upper left corner at `(x, y)`.
    pub(super) fn paste(&mut self, photo: &Photo, [x, y]: [u32; 2]) {
        let row = 3 * photo.width as usize;
        for (line, pixels) in photo.rgb.chunks_exact(row).enumerate() {
            for (column, rgb) in pixels.chunks_exact(3).enumerate() {
                self.set([x as usize + column, y as usize + line], rgb);
            }
        }
    }

    /// Draws black ASCII text with its upper left corner at `(x, y)`.
    pub(super) fn write(&mut self, text: &str, [x, y]: [u32; 2]) {
        let style = MonoTextStyle::new(&FONT_9X18_BOLD, Rgb888::BLACK);
        let corner = Point::new(x as i32, y as i32);
        let Ok(_) = Text::with_baseline(text, corner, style, Baseline::Top).draw(self);
    }

    fn set(&mut self, [x, y]: [usize; 2], rgb: &[u8]) {
        let width = self.0.width as usize;
        let height = self.0.height as usize;
        if x < width && y < height {
            self.0.rgb[3 * (y * width + x)..][..3].copy_from_slice(rgb);
        }
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.0.width, self.0.height)
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = Pixel<Rgb888>>,
    {
        for Pixel(Point { x, y }, color) in pixels {
            if let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) {
                self.set([x, y], &[color.r(), color.g(), color.b()]);
            }
        }
        Ok(())
    }
}
