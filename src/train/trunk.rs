//! What the trunk of a backbone makes of photos, once for all epochs.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::TrainError;
use super::views::views;
use crate::backbone::BackboneError;
use crate::backbone::learn::LastStage;
use crate::dataset::{Source, family_photos};
use crate::domain::{PhotoId, Progress};
use crate::embedder::Embedder;
use crate::photo::{EXTENSIONS, Limits, decode};

/// Memory for what the trunk makes of all photos, in bytes. Where that is more, their crops are kept, and the trunk runs
/// for every batch.
const BUDGET: usize = 4 << 30;
/// Photos read and run through the trunk together.
const BATCH: usize = 16;

/// Photos as the unfrozen stage takes them, by their places.
pub(super) enum TrunkMaps {
    /// What the trunk made of them.
    Maps(HashMap<usize, Vec<f32>>),
    /// What the trunk takes.
    Crops(HashMap<usize, Vec<u8>>),
}

/// Where photos are and how they are cut.
pub(super) struct Album<'a> {
    source: Source,
    paths: BTreeMap<PhotoId, String>,
    embedder: &'a Embedder,
    /// Place of the backbone.
    backbone: usize,
}

impl<'a> Album<'a> {
    pub(super) fn open(
        data: &std::path::Path,
        (embedder, backbone): (&'a Embedder, usize),
    ) -> Result<Self, TrainError> {
        let source = Source::open(data)?;
        let paths = family_photos(&source, &source.list(&EXTENSIONS)?)?.photos;
        Ok(Self { source, paths, embedder, backbone })
    }

    /// What the backbone takes of photos.
    fn crops(&mut self, photos: &[&PhotoId]) -> Result<Vec<Vec<u8>>, TrainError> {
        let (limits, mut files) = (Limits::default(), Vec::new());
        for photo in photos {
            let path = self.paths.get(*photo).map(String::as_str).unwrap_or_default();
            let bytes = self.source.read(path, limits.max_file_bytes);
            let unreadable = |source| TrainError::Unreadable { path: path.into(), source };
            files.push((path, bytes.map_err(unreadable)?));
        }
        let crop = |(path, bytes): (&str, Vec<u8>)| {
            let bad = |source| TrainError::BadPhoto { path: path.into(), source };
            let photo = decode(&bytes, &limits).map_err(bad)?;
            Ok(self.embedder.prepare(&photo)?.crop(self.backbone).to_vec())
        };
        files.into_par_iter().map(crop).collect()
    }
}

impl TrunkMaps {
    /// Runs the trunk once on photos, which are given with their places. None where `progress` asked to stop.
    pub(super) fn new(
        stage: &LastStage,
        mut album: Album<'_>,
        photos: &[(usize, &PhotoId)],
        progress: &dyn Progress,
    ) -> Result<Option<Self>, TrainError> {
        let bytes = photos.len() * stage.map_len() * size_of::<f32>();
        let (mut maps, mut kept) = (HashMap::new(), HashMap::new());
        progress.begin("Running the trunk", photos.len() as u64, "photos");
        for batch in photos.chunks(BATCH) {
            if progress.cancelled() {
                return Ok(None);
            }
            let (places, ids): (Vec<usize>, Vec<&PhotoId>) = batch.iter().copied().unzip();
            let crops = album.crops(&ids)?;
            if bytes <= BUDGET {
                let made = stage.maps(&views(&crops))?;
                let made = made.chunks_exact(stage.map_len()).map(<[f32]>::to_vec);
                maps.extend(places.into_iter().zip(made));
            } else {
                kept.extend(places.into_iter().zip(crops));
            }
            progress.advance(batch.len() as u64);
        }
        Ok(Some(if bytes <= BUDGET { Self::Maps(maps) } else { Self::Crops(kept) }))
    }

    /// What the trunk makes of the photos at these places, one after the other.
    pub(super) fn of(
        &self,
        stage: &LastStage,
        photos: &[usize],
    ) -> Result<Vec<f32>, BackboneError> {
        match self {
            Self::Maps(maps) => Ok(photos.iter().flat_map(|place| &maps[place]).copied().collect()),
            Self::Crops(crops) => {
                stage.maps(&photos.iter().map(|place| crops[place].as_slice()).collect::<Vec<_>>())
            }
        }
    }
}
