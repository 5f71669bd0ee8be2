//! The view of a photo that a backbone receives.

use super::detector::DetectedFace;
use crate::bundle::BackboneEntry;
use crate::domain::Landmarks;
use crate::network::preprocessing::{Crop, Preprocessing};
use crate::photo::{self, Photo, Similarity};

/// The view of a backbone, and the index of its network.
///
/// Backbones that differ only in their views share a network. So its weights are in memory once,
/// and are read once for all views of a face.
pub(crate) struct View {
    pub(crate) preprocessing: Preprocessing,
    pub(crate) network: usize,
}

impl View {
    /// Returns the view of each backbone. Networks are numbered in order of appearance.
    pub(crate) fn of(backbones: &[BackboneEntry]) -> Vec<Self> {
        let mut views = Vec::<Self>::new();
        let mut networks = 0;
        for (at, entry) in backbones.iter().enumerate() {
            let same = backbones[..at].iter().position(|other| share_network(entry, other));
            let network = same.map_or(networks, |other| views[other].network);
            networks = networks.max(network + 1);
            views.push(Self { preprocessing: entry.preprocessing, network });
        }
        views
    }

    /// Crops a photo to `size` × `size` pixels. Aligns the face if one was detected and the view
    /// requires it.
    pub(crate) fn crop(&self, photo: &Photo, found: Option<&DetectedFace>, size: u32) -> Photo {
        let crop = self.preprocessing.crop;
        let aligned = match (crop, found) {
            (Crop::Aligned, Some(face)) => align(photo, face, size),
            _ => None,
        };
        aligned.unwrap_or_else(|| square(photo, size, crop))
    }
}

fn share_network(one: &BackboneEntry, other: &BackboneEntry) -> bool {
    (&one.sha256, &one.network) == (&other.sha256, &other.network)
}

/// Aligns the face of a photo in a square of `size` pixels.
fn align(photo: &Photo, face: &DetectedFace, size: u32) -> Option<Photo> {
    let to = Similarity::fit(&face.landmarks, &Landmarks::aligned(size as f32));
    photo::warp(photo, &to, size)
}

/// Scales and crops a photo to a square of `size` pixels.
fn square(photo: &Photo, size: u32, crop: Crop) -> Photo {
    let short = photo.width.min(photo.height);
    let long = photo.width.max(photo.height);
    let scaled = |to: u32, of: u32| {
        let side =
            |side: u32| (f64::from(side) * f64::from(to) / f64::from(of)).round().max(1.0) as u32;
        photo::resize(photo, side(photo.width), side(photo.height))
    };
    match crop {
        Crop::Stretch | Crop::Aligned => photo::resize(photo, size, size),
        Crop::Center => photo::middle(&scaled((size * 8).div_ceil(7), short), size),
        Crop::Letterbox => photo::middle(&scaled(size, long), size),
    }
}
