//! The nearest photos, judged by the ensemble.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Kinship, PhotoMatch, Probe, SearchError};
use crate::domain::{Embedding, EmbeddingError, MemberId, PhotoId};
use crate::gallery::{Filter, Lookup, Method, Neighbour, Snapshot, StoredPhoto};
use crate::kinship::{Ensemble, Judgement, KinshipError, Rows, probability};

/// A candidate and what the ensemble says of it.
pub(super) struct Judged {
    pub(super) photo: PhotoMatch,
    /// Log odds of kinship, as [`Judgement`] has them; none without ensemble.
    pub(super) judgement: Option<Judgement>,
}

/// The people of the photos nearest to one or the other probe, each by the nearest photo of theirs; the nearest first.
pub(super) fn nearest_people<'a>(
    snapshot: &'a Snapshot,
    means: &[Embedding],
    lookup: &Lookup,
) -> (Vec<Neighbour<'a>>, Method) {
    let (mut photos, mut method) = (Vec::new(), Method::Exact);
    for nearest in snapshot.nearest_each(means, lookup) {
        method = nearest.method;
        photos.extend(nearest.neighbours);
    }
    photos.sort_by(|a, b| b.cosine.total_cmp(&a.cosine).then_with(|| a.photo.id.cmp(&b.photo.id)));
    let mut seen = HashSet::new();
    photos.retain(|neighbour| seen.insert(neighbour.photo.id.member()));
    (photos, method)
}

/// All photos of `people` that count, but for those that are `known`, in the order of their identities.
pub(super) fn photos_of<'a>(
    (snapshot, means): (&'a Snapshot, &'a [Embedding]),
    (people, known): (&BTreeSet<MemberId>, &[Judged]),
    filter: &Filter,
) -> Vec<Neighbour<'a>> {
    let known: HashSet<&PhotoId> = known.iter().map(|judged| &judged.photo.photo).collect();
    let counts = |photo: &StoredPhoto| filter.counts(photo) && !known.contains(&photo.id);
    let mut found = BTreeMap::<&PhotoId, Neighbour<'a>>::new();
    for mean in means {
        let photos = people.iter().flat_map(|&person| snapshot.photos_of(person, mean));
        for neighbour in photos.filter(|neighbour| counts(neighbour.photo)) {
            let known = found.entry(&neighbour.photo.id).or_insert(neighbour);
            known.cosine = known.cosine.max(neighbour.cosine);
        }
    }
    found.into_values().collect()
}

/// Those of `people`, each judged by one photo, who are to be judged by all their photos: the `count` likeliest kin,
/// without an ensemble the nearest, and who may be the probe's own person.
pub(super) fn shortlist(
    people: &[Judged],
    count: usize,
    ensemble: Option<&Ensemble>,
) -> BTreeSet<MemberId> {
    let score = |judged: &&Judged| match &judged.judgement {
        Some(judgement) => judgement.log_odds,
        None => f64::from(judged.photo.cosine),
    };
    let same = ensemble.map_or(f64::INFINITY, |known| known.config().same_person_threshold);
    let mut likeliest: Vec<&Judged> = people.iter().collect();
    likeliest.sort_by(|a, b| score(b).total_cmp(&score(a)));
    let own = people.iter().filter(|judged| f64::from(judged.photo.cosine) >= same);
    own.chain(likeliest.into_iter().take(count)).map(|judged| judged.photo.photo.member()).collect()
}

/// The nearest first; of equally near ones in the order of their identities.
pub(super) fn sort(photos: &mut [Judged]) {
    photos.sort_by(|Judged { photo: a, .. }, Judged { photo: b, .. }| {
        b.cosine.total_cmp(&a.cosine).then_with(|| a.photo.cmp(&b.photo))
    });
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

/// Judges every candidate beside every photo of every probe: log odds are the mean over a probe's
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
