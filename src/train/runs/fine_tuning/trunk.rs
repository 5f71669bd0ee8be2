//! Outputs of a backbone's trunk for photos, computed once for all epochs.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use crate::bundle::Bundle;
use crate::dataset::{Source, family_photos};
use crate::domain::{PhotoId, Progress};
use crate::engine::EngineError;
use crate::photo::{EXTENSIONS, Limits, decode};
use crate::train::data::views::views;
use crate::train::error::TrainError;
use crate::train::network::LastStage;

/// Memory limit for the trunk's outputs of all photos, in bytes.
///
/// Beyond it, the crops are stored, and the trunk runs for every batch.
const BUDGET: usize = 4 << 30;
/// Photos per batch of the trunk.
const BATCH: usize = 16;

/// Inputs of the unfrozen stage, by the index of the photo.
pub(crate) enum TrunkMaps {
    /// Outputs of the trunk.
    Maps(HashMap<usize, Vec<f32>>),
    /// Inputs of the trunk.
    Crops(HashMap<usize, Vec<u8>>),
}

/// Reader of photos and their crops.
pub(crate) struct Album<'a> {
    source: Source,
    paths: BTreeMap<PhotoId, String>,
    bundle: &'a Bundle,
    /// Index of the backbone.
    backbone: usize,
}

impl<'a> Album<'a> {
    pub(crate) fn open(
        data: &std::path::Path,
        bundle: &'a Bundle,
        backbone: usize,
    ) -> Result<Self, TrainError> {
        let source = Source::open(data)?;
        let paths = family_photos(&source, &source.list(&EXTENSIONS)?)?.photos;
        Ok(Self { source, paths, bundle, backbone })
    }

    /// Returns the backbone's input for photos.
    fn crops(&mut self, photos: &[&PhotoId]) -> Result<Vec<Vec<u8>>, TrainError> {
        let limits = Limits::default();
        let mut files = Vec::new();
        for photo in photos {
            let path = self.paths.get(*photo).map(String::as_str).unwrap_or_default();
            let bytes = self.source.read(path, limits.max_file_bytes);
            let unreadable = |source| TrainError::Unreadable { path: path.into(), source };
            files.push((path, bytes.map_err(unreadable)?));
        }
        let crop = |(path, bytes): (&str, Vec<u8>)| {
            let bad = |source| TrainError::BadPhoto { path: path.into(), source };
            let photo = decode(&bytes, &limits).map_err(bad)?;
            Ok(self.bundle.prepare(&photo)?.crop(self.backbone).to_vec())
        };
        files.into_par_iter().map(crop).collect()
    }
}

impl TrunkMaps {
    /// Runs the trunk once on photos with these indices.
    ///
    /// Returns `None` if `progress` was cancelled.
    pub(crate) fn new(
        stage: &LastStage,
        mut album: Album<'_>,
        photos: &[(usize, &PhotoId)],
        progress: &dyn Progress,
    ) -> Result<Option<Self>, TrainError> {
        let bytes = photos.len() * stage.map_len() * size_of::<f32>();
        let mut maps = HashMap::new();
        let mut kept = HashMap::new();
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

    /// Returns the concatenated outputs of the trunk for the photos with these indices.
    pub(crate) fn of(&self, stage: &LastStage, photos: &[usize]) -> Result<Vec<f32>, EngineError> {
        match self {
            Self::Maps(maps) => Ok(photos.iter().flat_map(|place| &maps[place]).copied().collect()),
            Self::Crops(crops) => {
                stage.maps(&photos.iter().map(|place| crops[place].as_slice()).collect::<Vec<_>>())
            }
        }
    }
}
