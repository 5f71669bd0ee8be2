//! Outputs of a backbone's trunk for photos, computed once for all epochs.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rayon::prelude::*;

use crate::bundle::Bundle;
use crate::dataset::{Source, family_photos};
use crate::domain::{Outcome, PhotoId, Progress};
use crate::engine::EngineError;
use crate::photo::{EXTENSIONS, Limits};
use crate::pipeline::{PhotoFile, PipelineError, PreparedPhoto, Thumbnails, prepare};
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
pub(super) enum TrunkMaps {
    /// Outputs of the trunk.
    Maps(HashMap<usize, Vec<f32>>),
    /// Inputs of the trunk.
    Crops(HashMap<usize, Vec<u8>>),
}

/// Reader of photos and their crops.
pub(super) struct PhotoReader<'a> {
    source: Source,
    paths: BTreeMap<PhotoId, String>,
    bundle: &'a Bundle,
    /// Index of the backbone.
    backbone: usize,
}

impl<'a> PhotoReader<'a> {
    pub(super) fn open(
        data: &Path,
        bundle: &'a Bundle,
        backbone: usize,
    ) -> Result<Self, TrainError> {
        let source = Source::open(data)?;
        let paths = family_photos(&source, &source.list(&EXTENSIONS)?)?.photos;
        Ok(Self { source, paths, bundle, backbone })
    }

    /// Returns the backbone's input for photos.
    fn crops(&mut self, photos: &[&PhotoId]) -> Result<Vec<Vec<u8>>, TrainError> {
        let mut files = Vec::new();
        for photo in photos {
            let path = self.paths.get(*photo).map(String::as_str).unwrap_or_default();
            let bytes = self.source.read(path, Limits::default().max_file_bytes);
            let bytes =
                bytes.map_err(|source| TrainError::Unreadable { path: path.into(), source })?;
            files.push(PhotoFile::new(path.to_owned(), bytes));
        }
        files.into_par_iter().map(|file| self.crop(&file)).collect()
    }

    fn crop(&self, file: &PhotoFile) -> Result<Vec<u8>, TrainError> {
        let prepared = prepare(self.bundle, file, Thumbnails::Skip);
        match prepared.and_then(PreparedPhoto::with_face) {
            Ok(photo) => Ok(photo.faces[0].crop(self.backbone).to_vec()),
            Err(PipelineError::Rejected(source)) => {
                Err(TrainError::BadPhoto { path: file.name.clone().into(), source })
            }
            Err(PipelineError::Bundle(error)) => Err(error.into()),
        }
    }
}

impl TrunkMaps {
    /// Runs the trunk once on photos with these indices.
    pub(super) fn new(
        stage: &LastStage,
        mut reader: PhotoReader<'_>,
        photos: &[(usize, &PhotoId)],
        progress: &dyn Progress,
    ) -> Result<Outcome<Self>, TrainError> {
        let bytes = photos.len() * stage.map_len() * size_of::<f32>();
        let mut maps = HashMap::new();
        let mut all_crops = HashMap::new();
        progress.begin("Running the trunk", photos.len() as u64, "photos");
        for batch in photos.chunks(BATCH) {
            if progress.cancelled() {
                return Ok(Outcome::Cancelled);
            }
            let (indices, ids): (Vec<usize>, Vec<&PhotoId>) = batch.iter().copied().unzip();
            let crops = reader.crops(&ids)?;
            if bytes <= BUDGET {
                let outputs = stage.maps(&views(&crops))?;
                let outputs = outputs.chunks_exact(stage.map_len()).map(<[f32]>::to_vec);
                maps.extend(indices.into_iter().zip(outputs));
            } else {
                all_crops.extend(indices.into_iter().zip(crops));
            }
            progress.advance(batch.len() as u64);
        }
        let maps = if bytes <= BUDGET { Self::Maps(maps) } else { Self::Crops(all_crops) };
        Ok(Outcome::Finished(maps))
    }

    /// Returns the concatenated outputs of the trunk for the photos with these indices.
    pub(super) fn of_photos(
        &self,
        stage: &LastStage,
        photos: &[usize],
    ) -> Result<Vec<f32>, EngineError> {
        match self {
            Self::Maps(maps) => Ok(photos.iter().flat_map(|photo| &maps[photo]).copied().collect()),
            Self::Crops(crops) => {
                let crops: Vec<&[u8]> =
                    photos.iter().map(|photo| crops[photo].as_slice()).collect();
                stage.maps(&crops)
            }
        }
    }
}
