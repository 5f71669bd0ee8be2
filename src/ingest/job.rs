//! The ingest job, and the relationships of its people.

use std::collections::BTreeSet;

use super::batches::{Batches, EmbeddedItem, Item};
use super::plan::Plan;
use super::{IngestError, Rejected};
use crate::bundle::Bundle;
use crate::domain::{PersonId, PhotoId, Progress, Relationship};
use crate::gallery::{Filter, Gallery, NewPhoto};
use crate::pipeline::Thumbnails;

/// Result of an ingest.
#[derive(Debug, Default)]
pub struct Report {
    /// Photos added by this run.
    pub enrolled: usize,
    /// Photos that the gallery had already, from the same file.
    pub known: usize,
    /// Photos that could not be added.
    pub rejected: Vec<Rejected>,
    /// Files without a photo extension.
    pub other_files: usize,
    /// Whether the job was cancelled. A later run resumes it.
    pub cancelled: bool,
}

/// Adds the photos of the plan to `gallery`, and optimizes it for searches.
///
/// Photos that it has from the same file are skipped, unless the plan includes them. The plan sets
/// whether thumbnails are stored. Photos are on disk batch by batch. Photos that were reported to
/// `progress` stay, even if the job ends early. A photo that cannot be read or embedded is no
/// error. It is named in the report.
///
/// ```
/// use kindred::bundle::{Bundle, write_builtin};
/// use kindred::dataset::Source;
/// use kindred::domain::NoProgress;
/// use kindred::engine::{Device, Precision};
/// use kindred::gallery::EmbeddedGallery;
/// use kindred::ingest::{Plan, ingest};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let model = folder.path().join("model");
/// write_builtin(&model)?;
/// let bundle = Bundle::load(&model, Device::Cpu, Precision::F32)?;
/// let gallery = folder.path().join("gallery");
/// let gallery = EmbeddedGallery::open_or_create(&gallery, bundle.space(), &model)?;
/// let plan = Plan::new(Source::open("data/sample".as_ref())?)?
///     .retaining(|photo| photo.member().to_string() == "F0001/MID1");
/// let report = ingest(plan, &gallery, &bundle, &NoProgress)?;
/// assert!(report.enrolled > 0 && report.rejected.is_empty());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// - [`IngestError::Gallery`] if the gallery was made with another bundle, or fails.
/// - [`IngestError::Bundle`] if a backbone fails.
pub fn ingest(
    plan: Plan,
    gallery: &dyn Gallery,
    bundle: &Bundle,
    progress: &dyn Progress,
) -> Result<Report, IngestError> {
    gallery.check_bundle(bundle.space())?;
    let Plan { mut source, listing, families, thumbnails, embeds_known } = plan;
    let mut report = Report { other_files: listing.other_files, ..Report::default() };
    report.rejected.extend(listing.unreadable.into_iter().map(Rejected::from));
    report.rejected.extend(families.misplaced.into_iter().map(Rejected::from));

    let items = families.photos.into_iter().map(|(key, path)| Item { key, path }).collect();
    let is_known = |id: &PhotoId, hash| {
        let is_enrolled = !embeds_known && gallery.content_hash(id)? == Some(hash);
        Ok(is_enrolled && (thumbnails == Thumbnails::Skip || gallery.thumbnail(id)?.is_some()))
    };
    let batches = Batches { source: &mut source, bundle, progress, thumbnails };
    let skipped = batches.run(items, is_known, |batch| {
        report.enrolled += batch.len();
        Ok(gallery.add_photos(batch.into_iter().map(new_photo).collect())?)
    })?;
    report.known = skipped.known;
    report.rejected.extend(skipped.rejected);
    report.cancelled = skipped.cancelled;
    if !report.cancelled {
        gallery.optimize(progress)?;
    }
    Ok(report)
}

fn new_photo(item: EmbeddedItem<PhotoId>) -> NewPhoto {
    NewPhoto { id: item.key, photo: item.photo }
}

/// Adds kin pairs to the gallery. Returns how many of them name a person without a photo in it.
///
/// Those pairs are stored too.
///
/// # Errors
/// [`IngestError::Gallery`] if the gallery fails.
pub fn relate(gallery: &dyn Gallery, pairs: &[Relationship]) -> Result<usize, IngestError> {
    gallery.add_relationships(pairs)?;
    let with_photos: BTreeSet<PersonId> =
        gallery.view()?.people(&Filter::default())?.into_iter().collect();
    let lacks_photos =
        |pair: &&Relationship| !pair.people().iter().all(|p| with_photos.contains(p));
    Ok(pairs.iter().filter(lacks_photos).count())
}
