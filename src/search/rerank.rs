//! The nearest photos, judged by the ensemble.

use std::collections::{BTreeSet, HashMap};

use super::{Kinship, PhotoMatch, Probe, SearchError};
use crate::domain::{Embedding, EmbeddingError, PhotoId};
use crate::gallery::{Lookup, Method, Neighbour, Snapshot};
use crate::kinship::{Ensemble, Judgement, KinshipError, Rows, probability};

/// A candidate and what the ensemble says of it.
pub(super) struct Judged {
    pub(super) photo: PhotoMatch,
    /// Log odds of kinship, as [`Judgement`] has them; none without ensemble.
    pub(super) judgement: Option<Judgement>,
}

/// The people of the photos nearest to one or the other probe, with all their photos that count; the nearest photo first.
pub(super) fn candidates<'a>(
    snapshot: &'a Snapshot,
    means: &'a [Embedding],
    lookup: &Lookup,
) -> (Vec<Neighbour<'a>>, Method) {
    let (mut people, mut method) = (BTreeSet::new(), Method::Exact);
    for nearest in snapshot.nearest_each(means, lookup) {
        method = nearest.method;
        people.extend(nearest.neighbours.iter().map(|neighbour| neighbour.photo.id.member()));
    }
    let mut found = HashMap::<&PhotoId, Neighbour<'a>>::new();
    for mean in means {
        let photos = people.iter().flat_map(|&person| snapshot.photos_of(person, mean));
        for neighbour in photos.filter(|neighbour| lookup.filter.counts(neighbour.photo)) {
            let known = found.entry(&neighbour.photo.id).or_insert(neighbour);
            known.cosine = known.cosine.max(neighbour.cosine);
        }
    }
    let mut found: Vec<_> = found.into_values().collect();
    found.sort_by(|a, b| b.cosine.total_cmp(&a.cosine).then_with(|| a.photo.id.cmp(&b.photo.id)));
    (found, method)
}

/// The direction between a person's photos, in the retrieval space.
pub(super) fn mean(probe: &Probe<'_>) -> Result<Embedding, EmbeddingError> {
    let [first, others @ ..] = probe.photos else { return Err(EmbeddingError::Zero) };
    if others.is_empty() {
        return Ok(first[0].clone());
    }
    let mut sum = first[0].as_slice().to_vec();
    for photo in others {
        sum.iter_mut().zip(photo[0].as_slice()).for_each(|(sum, value)| *sum += value);
    }
    Embedding::normalise(sum)
}

/// Judges every candidate beside every photo of every probe, in one batch a photo: log odds are the mean over a probe's
/// photos, and over the probes.
pub(super) fn judge(
    candidates: &[Neighbour<'_>],
    probes: &[Probe<'_>],
    ensemble: Option<&Ensemble>,
) -> Result<Vec<Judged>, SearchError> {
    let judgements = match ensemble {
        Some(ensemble) if !candidates.is_empty() => {
            judgements(candidates, probes, ensemble)?.into_iter().map(Some).collect()
        }
        _ => vec![None; candidates.len()],
    };
    let threshold = ensemble.map_or(1.0, |ensemble| ensemble.config().kin_threshold);
    let judged = |(neighbour, judgement): (&Neighbour<'_>, Option<Judgement>)| Judged {
        photo: PhotoMatch {
            photo: neighbour.photo.id.clone(),
            cosine: neighbour.cosine,
            kinship: judgement.as_ref().map(|judgement| kinship(judgement, threshold)),
        },
        judgement,
    };
    Ok(candidates.iter().zip(judgements).map(judged).collect())
}

fn judgements(
    candidates: &[Neighbour<'_>],
    probes: &[Probe<'_>],
    ensemble: &Ensemble,
) -> Result<Vec<Judgement>, KinshipError> {
    let backbones = probes[0].photos[0].len();
    let rows = |backbone| {
        let values: Vec<_> = candidates.iter().map(|c| c.embeddings.values(backbone)).collect();
        Rows::new(values.iter().map(|values| &**values))
    };
    let candidates: Vec<Rows> = (0..backbones).map(rows).collect::<Result<_, _>>()?;
    let mut sums: Vec<Judgement> = Vec::new();
    for probe in probes {
        let share = 1.0 / (probes.len() * probe.photos.len()) as f64;
        for photo in probe.photos {
            let own = photo.iter().map(|embedding| Rows::new([embedding.as_slice()]));
            let own: Vec<Rows> = own.collect::<Result<_, _>>()?;
            let judged = ensemble.judge(&own, &candidates)?;
            sums.resize_with(judged.len(), Judgement::default);
            sums.iter_mut().zip(&judged).for_each(|(sum, judged)| sum.add(judged, share));
        }
    }
    Ok(sums)
}

/// Log odds as probabilities, with the decision.
pub(super) fn kinship(judgement: &Judgement, threshold: f64) -> Kinship {
    let probability_of_kin = probability(judgement.log_odds);
    Kinship {
        probability: probability_of_kin,
        is_kin: probability_of_kin >= threshold,
        members: judgement.members.iter().map(|&log_odds| probability(log_odds)).collect(),
    }
}

pub(super) fn member_names(ensemble: &Ensemble) -> Vec<String> {
    ensemble.config().members.iter().map(|member| member.name.clone()).collect()
}
