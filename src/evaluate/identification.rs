//! Identification: is the nearest photo one of the same person?

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::EvaluateError;
use crate::domain::{FamilyId, MemberId, PhotoId};
use crate::gallery::{Filter, Gallery, Lookup, Selection, Snapshot, StoredPhoto};
use crate::metrics::{Bootstrap, Figure};

const DRAWS: usize = 1000;

/// Of the photos of people with another one, the share whose nearest photo is another one of the same person; faces cut
/// from the same photograph do not count. Only of people of whom `is_probe` is true; None where there are none.
///
/// # Errors
/// When the gallery fails.
pub(super) fn identification(
    (gallery, snapshot): (&Gallery, &Snapshot),
    is_probe: &dyn Fn(MemberId) -> bool,
    seed: u64,
) -> Result<Option<Figure>, EvaluateError> {
    let mut people: BTreeMap<MemberId, Vec<&PhotoId>> = BTreeMap::new();
    let mut sources: HashMap<(FamilyId, &str), BTreeSet<PhotoId>> = HashMap::new();
    for StoredPhoto { id, .. } in snapshot.photos() {
        let source = (id.member().family(), id.source_photo());
        sources.entry(source).or_default().insert(id.clone());
        if is_probe(id.member()) {
            people.entry(id.member()).or_default().push(id);
        }
    }
    let families: BTreeSet<FamilyId> = people.keys().map(|person| person.family()).collect();
    let families: Vec<FamilyId> = families.into_iter().collect();
    let mut hits: Vec<(usize, bool)> = Vec::new();
    for (person, photos) in &mut people {
        photos.sort_unstable();
        let family = families.partition_point(|family| *family < person.family());
        for photo in photos.iter() {
            let has_other = photos.iter().any(|other| other.source_photo() != photo.source_photo());
            let Some(embeddings) = gallery.embeddings(photo)?.filter(|_| has_other) else {
                continue;
            };
            let of_source = &sources[&(person.family(), photo.source_photo())];
            let of_source = Selection { photos: of_source.clone(), ..Selection::default() };
            let filter = Filter::without(of_source);
            let lookup = Lookup { filter, ..Lookup::nearest(1) };
            let nearest = snapshot.nearest(&embeddings[0], &lookup);
            let found = nearest.neighbours.first().map(|found| found.photo.id.member());
            hits.push((family, found == Some(*person)));
        }
    }
    let share = |counts: &[f64]| {
        let total: f64 = hits.iter().map(|(family, _)| counts[*family]).sum();
        let found: f64 =
            hits.iter().filter(|(_, hit)| *hit).map(|(family, _)| counts[*family]).sum();
        [(total > 0.0).then(|| found / total)]
    };
    let [interval] = Bootstrap { families: families.len(), draws: DRAWS, seed }.intervals(share);
    let [value] = share(&vec![1.0; families.len()]);
    Ok(value.zip(interval).map(|(value, interval)| Figure { value, interval }))
}
