//! Synthetic families: each person is a pattern of colours, each photo that pattern with a little noise.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use image::{ImageFormat, RgbImage};

use super::Random;

const SIZE: u32 = 40;

/// A photo of a person; `person` decides the pattern, `photo` the noise.
pub fn photo(person: u64, photo: u64) -> RgbImage {
    let mut traits = Random(person.wrapping_mul(7919));
    let waves: Vec<[f32; 3]> = (0..9).map(|_| std::array::from_fn(|_| traits.signed())).collect();
    let mut noise = Random(person << 32 | photo);
    RgbImage::from_fn(SIZE, SIZE, |x, y| {
        let (x, y) = (x as f32 / SIZE as f32, y as f32 / SIZE as f32);
        image::Rgb(std::array::from_fn(|channel| {
            let wave = |w: &[f32; 3]| (9.0 * (w[0] * x + w[1] * y) + 6.0 * w[2]).sin();
            let sum: f32 = waves[3 * channel..3 * channel + 3].iter().map(wave).sum();
            (128.0 + 35.0 * sum + 6.0 * noise.signed()) as u8
        }))
    })
}

/// A photo of a member of a family: mostly the family's pattern, a little their own, in a light of its own. The light
/// misleads the cosine, and heads can learn to leave it aside.
pub fn family_photo(family: u64, member: u64, number: u64) -> RgbImage {
    const FAMILY: f32 = 0.8;
    const CONTRAST: f32 = 0.6;
    let shared = photo(700_000 + family, 0);
    let own = photo(1000 * family + member, number);
    let light = 40.0 * Random((100 * family + 10 * member + number).wrapping_mul(7727)).signed();
    RgbImage::from_fn(SIZE, SIZE, |x, y| {
        let [shared, own] = [&shared, &own].map(|image| image.get_pixel(x, y).0.map(f32::from));
        image::Rgb(std::array::from_fn(|channel| {
            let mixed = FAMILY * shared[channel] + (1.0 - FAMILY) * own[channel];
            (128.0 + CONTRAST * (mixed - 128.0) + light) as u8
        }))
    })
}

/// A photo as the bytes of a file.
pub fn encoded(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Writes `families` families of `members` people with `photos` photos each, in the FIW layout. Returns the photos'
/// identities in order.
pub fn write(folder: &Path, families: u64, members: u64, photos: u64) -> Vec<String> {
    let mut ids = Vec::new();
    for family in 1..=families {
        for member in 1..=members {
            let person = format!("F{family:04}/MID{member}");
            fs::create_dir_all(folder.join(&person)).unwrap();
            for number in 0..photos {
                let id = format!("{person}/P{number:05}_face{member}");
                let bytes = encoded(&photo(family * 100 + member, number), ImageFormat::Png);
                fs::write(folder.join(format!("{id}.png")), bytes).unwrap();
                ids.push(id);
            }
        }
    }
    ids.sort();
    ids
}

/// Zips the photos with these identities into `file`, as archives are made on a Mac.
pub fn zip(folder: &Path, ids: &[String], file: &Path) {
    let mut zip = zip::ZipWriter::new(fs::File::create(file).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    for id in ids {
        zip.start_file(format!("train-faces/{id}.png"), options).unwrap();
        zip.write_all(&fs::read(folder.join(format!("{id}.png"))).unwrap()).unwrap();
    }
    zip.start_file("__MACOSX/train-faces/F0001/MID1/._x.png", options).unwrap();
    zip.finish().unwrap();
}
