//! A contact sheet: rows of two people, each with a few photos.

use super::canvas::{Canvas, TEXT_HEIGHT};
use super::{Photo, middle, resize};

/// White margin around everything, and between the two people of a row.
const MARGIN: u32 = 16;
/// White gap between two photos of a person.
const GAP: u32 = 4;
/// White gap between a label and the photos below it.
const BELOW_LABEL: u32 = 4;

/// A contact sheet under construction.
pub struct ContactSheet(Canvas);

/// Cell of one person on a sheet.
#[derive(Clone, Copy, Debug)]
pub struct SheetCell {
    /// Row, from the top.
    pub row: u32,
    /// 0 left, 1 right.
    pub side: u32,
}

impl ContactSheet {
    /// Maximum photos of one person.
    pub const PHOTOS: u32 = 4;
    /// Width and height of each photo, in pixels.
    pub const PHOTO_SIZE: u32 = 112;

    const PERSON_WIDTH: u32 = Self::PHOTOS * (Self::PHOTO_SIZE + GAP) - GAP;
    const ROW_HEIGHT: u32 = TEXT_HEIGHT + BELOW_LABEL + Self::PHOTO_SIZE + MARGIN;

    /// Creates a white sheet with room for `rows` rows.
    pub fn new(rows: u32) -> Self {
        let width = 2 * Self::PERSON_WIDTH + 3 * MARGIN;
        Self(Canvas::white(width, rows * Self::ROW_HEIGHT + MARGIN))
    }

    /// Writes a person's label, in ASCII, above the photos.
    pub fn label(&mut self, cell: SheetCell, text: &str) {
        self.0.write(text, Self::corner(cell));
    }

    /// Draws the middle square of a person's photo with the index `i`, from 0.
    pub fn draw(&mut self, cell: SheetCell, i: u32, photo: &Photo) {
        let square = middle(photo, photo.width.min(photo.height));
        let small = resize(&square, Self::PHOTO_SIZE, Self::PHOTO_SIZE);
        let [x, y] = Self::corner(cell);
        let below = y + TEXT_HEIGHT + BELOW_LABEL;
        self.0.paste(&small, [x + i * (Self::PHOTO_SIZE + GAP), below]);
    }

    /// Returns the sheet as an image.
    pub fn finish(self) -> Photo {
        self.0.0
    }

    fn corner(SheetCell { row, side }: SheetCell) -> [u32; 2] {
        [MARGIN + side * (Self::PERSON_WIDTH + MARGIN), MARGIN + row * Self::ROW_HEIGHT]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_white(sheet: &Photo, [x, y]: [u32; 2]) -> bool {
        sheet.pixel(x as usize, y as usize) == [255; 3]
    }

    #[test]
    fn photos_of_any_shape_fill_their_places_and_nothing_else() {
        let mut sheet = ContactSheet::new(2);
        let cell = SheetCell { row: 1, side: 1 };
        for (i, (width, height)) in (0..).zip([(112, 112), (300, 20), (1, 90), (5, 5)]) {
            let rgb = vec![0; (3 * width * height) as usize];
            sheet.draw(cell, i, &Photo { width, height, rgb });
        }
        let [left, top] = ContactSheet::corner(cell);
        let sheet = sheet.finish();
        let dark = |x: u32, y: u32| {
            let x = x.wrapping_sub(left);
            let y = y.wrapping_sub(top + TEXT_HEIGHT + BELOW_LABEL);
            x < ContactSheet::PERSON_WIDTH && x % 116 < 112 && y < 112
        };
        assert_eq!((sheet.width - left - MARGIN, left), (ContactSheet::PERSON_WIDTH, 492));
        for (x, y) in (0..sheet.height).flat_map(|y| (0..sheet.width).map(move |x| (x, y))) {
            assert_eq!(is_white(&sheet, [x, y]), !dark(x, y), "{x} {y}");
        }
    }

    #[test]
    fn a_label_stands_above_the_photos_and_is_cut_off_at_the_edge() {
        let mut sheet = ContactSheet::new(1);
        sheet.label(SheetCell { row: 0, side: 1 }, &"F0001/MID1 ".repeat(50));
        let sheet = sheet.finish();
        let ink = |rows: std::ops::Range<u32>| {
            let all = rows.flat_map(|y| (0..sheet.width).map(move |x| [x, y]));
            all.filter(|&point| !is_white(&sheet, point)).count()
        };
        assert!(ink(MARGIN..MARGIN + TEXT_HEIGHT) > 500);
        assert_eq!(ink(0..MARGIN) + ink(MARGIN + TEXT_HEIGHT..sheet.height), 0);
    }
}
