//! From the photos of a probe to the people who look most like it, and to those who are most likely its kin.

mod compare;
mod error;
mod grouping;
mod rerank;

use crate::domain::{Embedding, FamilyId, MemberId, PhotoId};
use crate::gallery::{Filter, Lookup, Method, Neighbour, Snapshot};
use crate::kinship::Ensemble;

pub use compare::{Comparison, compare};
pub use error::SearchError;

/// A person to search for.
pub struct Probe<'a> {
    /// Per photo of the person its embeddings, one per backbone. There is one photo or more.
    pub photos: &'a [Vec<Embedding>],
}

/// What is searched for.
pub enum Query<'a> {
    /// Relatives of one person.
    Relatives(Probe<'a>),
    /// Photos of one person, and nobody else.
    SamePerson(Probe<'a>),
    /// Children of two people, who are kin to both.
    Children([Probe<'a>; 2]),
    /// Two parents of one person: people of one family who are both the person's kin, but not listed as each other's.
    Parents(Probe<'a>),
}

/// How much to look for, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// Most people to return, or photos, or families.
    pub limit: usize,
    /// Which of these.
    pub group_by: Grouping,
    /// Nearest photos whose people are judged; more are taken while they name fewer than `limit` people.
    pub candidates: usize,
    /// Nodes of a search graph that are kept in view, as [`Lookup::ef`].
    pub ef: Option<usize>,
    /// Compare every photo, and leave the search graphs aside.
    pub exact: bool,
    /// How likely kin somebody must be to be returned, 0 to 1; takes an ensemble.
    pub min_probability: Option<f64>,
    /// Which photos count; leaves out the probe's own files, for instance.
    pub filter: Filter,
}

/// What the limit of a search counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// People, each with all photos.
    #[default]
    Person,
    /// Photos, whoever is on them.
    Photo,
    /// Families, each with all people.
    Family,
}

impl Options {
    /// Most people a search can be asked for.
    pub const MAX_LIMIT: usize = 1000;
    /// Most candidates a search can be asked for.
    pub const MAX_CANDIDATES: usize = 10_000;
    /// Most nodes that a search can be asked to keep in view.
    pub const MAX_EF: usize = 100_000;

    /// How `count` nearest photos are looked for.
    fn lookup(&self, count: usize) -> Lookup {
        Lookup { count, ef: self.ef, exact: self.exact, filter: self.filter.clone() }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limit: 10,
            group_by: Grouping::default(),
            candidates: 200,
            ef: None,
            exact: false,
            min_probability: None,
            filter: Filter::default(),
        }
    }
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// People who are the probe's own, by their likeness: the likest first. None where no ensemble tells them from kin.
    pub same_person: Vec<PersonMatch>,
    /// People, the likeliest kin first; without an ensemble the nearest first.
    pub people: Vec<PersonMatch>,
    /// Their families, in the order of their first person.
    pub families: Vec<FamilyMatch>,
    /// Their photos, the likeliest kin first, without an ensemble the nearest first; only where photos were searched for.
    pub photos: Vec<PhotoMatch>,
    /// Couples, the likeliest parents first; only where parents were searched for.
    pub couples: Vec<CoupleMatch>,
    /// Names of the ensemble's members, in the order of [`Kinship::members`].
    pub members: Vec<String>,
    /// Photos in the gallery.
    pub searched_photos: usize,
    /// Photos that were judged.
    pub judged_photos: usize,
    /// How the photos were searched.
    pub method: Method,
}

/// A person whose photos are near the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonMatch {
    /// Who.
    pub person: MemberId,
    /// Cosine of the probe and the nearest photo, -1 to 1.
    pub cosine: f32,
    /// What the ensemble says, where there is one.
    pub kinship: Option<Kinship>,
    /// Their photos, the nearest first; only the nearest one of people who are much less likely than those asked for.
    pub photos: Vec<PhotoMatch>,
    /// Whom the gallery lists as their kin, in the order of the identities.
    pub listed_kin: Vec<MemberId>,
}

/// A photo near the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoMatch {
    /// Which.
    pub photo: PhotoId,
    /// Cosine of its embedding and the probe's, -1 to 1; of several photos of the probe the highest.
    pub cosine: f32,
    /// What the ensemble says, where there is one; of several photos of the probe the mean.
    pub kinship: Option<Kinship>,
}

/// How likely two people are blood relatives, by their faces. It is no proof.
#[derive(Clone, Debug, PartialEq)]
pub struct Kinship {
    /// How likely, if half of all pairs of people were kin; 0 to 1.
    pub probability: f64,
    /// Whether it reaches the ensemble's threshold.
    pub is_kin: bool,
    /// The same by each member of the ensemble alone.
    pub members: Vec<f64>,
}

/// Two people who may be the probe's parents.
#[derive(Clone, Debug, PartialEq)]
pub struct CoupleMatch {
    /// Who, the likelier kin first.
    pub people: [MemberId; 2],
    /// How likely both are kin, by the mean of their log odds; 0 to 1.
    pub probability: f64,
}

/// A family with people near the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyMatch {
    /// Which.
    pub family: FamilyId,
    /// Cosine of the probe and the family's nearest photo, -1 to 1.
    pub cosine: f32,
    /// Probability of kinship of its first person, where there is an ensemble.
    pub probability: Option<f64>,
    /// Its people among the matches, in their order.
    pub people: Vec<MemberId>,
}

/// Searches `snapshot`.
///
/// The people of the nearest photos in the retrieval space are the candidates. Where there is an `ensemble` it judges the
/// nearest photo of each beside each of the probe's photos, then all photos of the likeliest, and decides the order; else
/// the cosine does.
///
/// # Errors
/// When the probe's embeddings are not those of the ensemble's backbones, or children, parents or a probability are asked for without one.
pub fn search(
    (snapshot, ensemble): (&Snapshot, Option<&Ensemble>),
    query: &Query<'_>,
    options: &Options,
) -> Result<Answer, SearchError> {
    let search = Search::new((snapshot, ensemble), query, options)?;
    let mut count = options.candidates.max(options.limit);
    let mut found = search.candidates(count);
    // Many photos of few people can fill the candidates: look further until there are enough people, and judge them then.
    while search.others(&found.0) < options.limit && count < snapshot.photo_count() {
        count *= 4;
        found = search.candidates(count);
    }
    let mut answer = search.answer(found)?;
    if let Some(least) = options.min_probability {
        let probability = |found: &PersonMatch| found.kinship.as_ref().map(|k| k.probability);
        answer.people.retain(|found| probability(found).is_some_and(|p| p >= least));
        answer.couples.retain(|couple| couple.probability >= least);
    }
    answer.couples.truncate(options.limit);
    grouping::limit(&mut answer, options);
    Ok(answer)
}

/// Judges these photos beside a probe, the likeliest kin first; without an ensemble the nearest first.
///
/// # Errors
/// When one of them is not enrolled, or the probe's embeddings are not those of the ensemble's backbones.
pub fn rerank(
    (snapshot, ensemble): (&Snapshot, Option<&Ensemble>),
    probe: &Probe<'_>,
    photos: &[PhotoId],
) -> Result<Vec<PhotoMatch>, SearchError> {
    let mean = rerank::mean(probe)?;
    let found = photos.iter().map(|id| {
        let mut own = snapshot.photos_of(id.member(), &mean);
        own.find(|own| own.photo.id == *id).ok_or_else(|| SearchError::NotEnrolled(id.clone()))
    });
    let found: Vec<Neighbour<'_>> = found.collect::<Result<_, _>>()?;
    let judged = rerank::judge(&found, std::slice::from_ref(probe), ensemble)?;
    let mut photos: Vec<PhotoMatch> = judged.into_iter().map(|judged| judged.photo).collect();
    grouping::sort_photos(&mut photos);
    Ok(photos)
}

/// [`search`] for everybody among exactly as many candidates as the options say.
///
/// # Errors
/// As [`search`].
pub fn rank(
    (snapshot, ensemble): (&Snapshot, Option<&Ensemble>),
    query: &Query<'_>,
    options: &Options,
) -> Result<Answer, SearchError> {
    let search = Search::new((snapshot, ensemble), query, options)?;
    search.answer(search.candidates(options.candidates))
}

/// So many times as many people as are asked for are judged by all their photos, and no fewer than the second number. On
/// families kept apart more of them change nothing: mean average precision of listed kin is 0.037 with 20 people, 0.038
/// with 30, 40 or all.
const SHORTLISTED: usize = 3;
const MIN_SHORTLIST: usize = 30;

/// A search under way.
struct Search<'a> {
    snapshot: &'a Snapshot,
    ensemble: Option<&'a Ensemble>,
    query: &'a Query<'a>,
    probes: &'a [Probe<'a>],
    options: &'a Options,
    /// Per probe the direction between its photos.
    means: Vec<Embedding>,
}

impl<'a> Search<'a> {
    fn new(
        (snapshot, ensemble): (&'a Snapshot, Option<&'a Ensemble>),
        query: &'a Query<'a>,
        options: &'a Options,
    ) -> Result<Self, SearchError> {
        let probes = match query {
            Query::Relatives(probe) | Query::SamePerson(probe) | Query::Parents(probe) => {
                std::slice::from_ref(probe)
            }
            Query::Children(parents) => parents.as_slice(),
        };
        let takes_ensemble =
            !matches!(query, Query::Relatives(_)) || options.min_probability.is_some();
        if ensemble.is_none() && takes_ensemble {
            return Err(SearchError::NoEnsemble);
        }
        let means = probes.iter().map(rerank::mean).collect::<Result<_, _>>()?;
        Ok(Self { snapshot, ensemble, query, probes, options, means })
    }

    /// The people of the `count` nearest photos, by the nearest of each, the nearest first, and how they were found.
    fn candidates(&self, count: usize) -> (Vec<Neighbour<'_>>, Method) {
        rerank::nearest_people(self.snapshot, &self.means, &self.options.lookup(count))
    }

    /// How many candidates are not the probe's own person.
    fn others(&self, candidates: &[Neighbour<'_>]) -> usize {
        let same = self.ensemble.map_or(f64::INFINITY, |e| e.config().same_person_threshold);
        candidates.iter().filter(|nearest| f64::from(nearest.cosine) < same).count()
    }

    /// Judges candidates, the likeliest of them by all their photos, and groups them by person and family.
    fn answer(
        &self,
        (candidates, method): (Vec<Neighbour<'_>>, Method),
    ) -> Result<Answer, SearchError> {
        let judge = |photos: &[Neighbour<'_>]| rerank::judge(photos, self.probes, self.ensemble);
        let mut judged = judge(&candidates)?;
        let count = self.options.limit.saturating_mul(SHORTLISTED).max(MIN_SHORTLIST);
        let shortlist = rerank::shortlist(&judged, count, self.ensemble);
        let among = (self.snapshot, self.means.as_slice());
        let others = rerank::photos_of(among, (&shortlist, &judged), &self.options.filter);
        judged.extend(judge(&others)?);
        rerank::sort(&mut judged);
        let judged_photos = judged.len();
        let (mut same_person, mut people) = grouping::people(judged, self.ensemble);
        if matches!(self.query, Query::SamePerson(_)) {
            people.clear();
        }
        for found in people.iter_mut().chain(&mut same_person) {
            found.listed_kin = self.snapshot.kin_of(found.person).collect();
        }
        let couples = match self.query {
            Query::Parents(_) => grouping::couples(&people),
            Query::Relatives(_) | Query::SamePerson(_) | Query::Children(_) => Vec::new(),
        };
        Ok(Answer {
            same_person,
            couples,
            families: grouping::families(&people),
            people,
            photos: Vec::new(),
            judged_photos,
            members: self.ensemble.map(rerank::member_names).unwrap_or_default(),
            searched_photos: self.snapshot.photo_count(),
            method,
        })
    }
}
