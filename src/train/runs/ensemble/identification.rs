//! Open-set identification of a source: the rates at which a search marks strangers and relatives.
//!
//! The terms follow ISO/IEC 19795-1. The false positive identification rate (FPIR) refers to probes
//! without a relative. It is the share of these probes with a marked person. The detection and
//! identification rate (DIR) refers to probes with a relative. It is the share of these probes with
//! a marked relative.

use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::arena::{Arena, ScoredPerson};
use crate::kinship::{KinshipError, OpenSetConfig, Tail};
use crate::metrics::{Bootstrap, Estimate, RatioTerm};
use crate::train::data::corpus::Corpus;

/// Target false positive identification rate of the open-set model.
pub(crate) const NOMINAL_FPIR: f64 = 0.1;
/// Numbers of people in the searched galleries. `None` is all people of a source.
pub(crate) const GALLERY_SIZES: [Option<usize>; 3] = [Some(300), Some(1000), None];
/// Maximum number of probes of a source. The parts of a source share them.
pub(crate) const MAX_PROBES: usize = 600;
/// Length of a shortlist.
const SHORTLIST: usize = 10;

/// Probe: one photo of a person with listed kin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KinProbe {
    pub(crate) photo: usize,
    pub(crate) person: usize,
}

/// Probe with the scores of all people in the gallery.
pub(crate) struct SearchedProbe {
    family: usize,
    people: usize,
    tail: Tail,
    /// Scores of people of other families.
    pub(crate) strangers: Vec<f64>,
    /// Scores of listed kin in the gallery.
    pub(crate) relatives: Vec<f64>,
    /// Scores of the family's other people.
    others: Vec<f64>,
}

/// Number of people of each kind that a search marks.
struct MarkedPeople {
    strangers: usize,
    relatives: usize,
    others: usize,
}

/// Identification metrics in galleries of one size, with intervals over families.
#[derive(Clone, Debug, Serialize)]
pub struct IdentificationMetrics {
    /// People in the gallery.
    pub people: usize,
    /// Probes, each one photo.
    pub probes: usize,
    /// Probes with a relative in the gallery.
    pub probes_with_relative: usize,
    /// Share of probes with a marked stranger. The target is 10 %.
    pub fpir: Option<Estimate>,
    /// Share of probes with a marked relative, among probes with a relative.
    pub dir: Option<Estimate>,
    /// Share of listed kin among the marked people, for probes with a relative.
    pub precision: Option<Estimate>,
    /// Share of probes with a relative in the first ten, among probes with a relative.
    pub rank_10: Option<Estimate>,
}

/// Returns the people of a gallery of `size`, or all people.
///
/// Returns `None` if the source has at most `size` people.
pub(crate) fn gallery(source: &Corpus, size: Option<usize>, seed: u64) -> Option<Vec<usize>> {
    let mut people: Vec<usize> = (0..source.pedigree.people().len()).collect();
    let Some(size) = size else { return Some(people) };
    if people.len() <= size {
        return None;
    }
    people.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    people.truncate(size);
    people.sort_unstable();
    Some(people)
}

/// Draws one photo of each person of `families` with listed kin.
///
/// The number of people is at most `count`.
pub(crate) fn probes(
    source: &Corpus,
    families: &[usize],
    count: usize,
    seed: u64,
) -> Vec<KinProbe> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut has_kin = vec![false; source.pedigree.people().len()];
    let kin = source.pedigree.kin().iter().filter(|kin| families.contains(&kin.family));
    kin.flat_map(|kin| kin.people).for_each(|person| has_kin[person] = true);
    let mut people: Vec<usize> = (0..has_kin.len()).filter(|&person| has_kin[person]).collect();
    people.shuffle(&mut random);
    people.truncate(count);
    people.sort_unstable();
    let mut probes = Vec::new();
    for person in people {
        let photos = &source.pedigree.people()[person].photos;
        probes.extend(photos.choose(&mut random).map(|&photo| KinProbe { photo, person }));
    }
    probes
}

impl SearchedProbe {
    pub(crate) fn new(
        source: &Corpus,
        arena: &Arena<'_>,
        probe: KinProbe,
    ) -> Result<Self, KinshipError> {
        let family = source.pedigree.people()[probe.person].family;
        let mut searched = Self {
            family,
            people: arena.size(),
            tail: arena.tail()?,
            strangers: Vec::with_capacity(arena.size()),
            relatives: Vec::new(),
            others: Vec::new(),
        };
        for ScoredPerson { person, score } in arena.search(probe.photo, probe.person)? {
            let kind = match source.pedigree.people()[person].family == family {
                false => &mut searched.strangers,
                true if source.pedigree.is_listed([person, probe.person]) => {
                    &mut searched.relatives
                }
                true => &mut searched.others,
            };
            kind.push(score);
        }
        Ok(searched)
    }

    /// Returns `−ln` of the probability that a stranger scores higher.
    pub(crate) fn rarity(&self, score: f64) -> f64 {
        self.tail.rarity(score)
    }

    /// Returns the number of chance matches at the score of the most similar stranger.
    pub(crate) fn fewest_chance_matches(&self) -> f64 {
        let highest = self.strangers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        self.chance_matches(highest)
    }

    fn chance_matches(&self, score: f64) -> f64 {
        self.people as f64 * self.tail.exceedance(score)
    }

    fn is_marked(&self, score: f64, config: &OpenSetConfig) -> bool {
        config.false_positive_rate(self.chance_matches(score)) <= NOMINAL_FPIR
    }

    /// Returns whether a relative is among the first ten people.
    ///
    /// The probe's own person is excluded.
    fn has_relative_on_shortlist(&self) -> bool {
        let others = self.strangers.iter().chain(&self.others).copied();
        is_on_shortlist(self.relatives.iter().copied(), others)
    }
}

/// Returns whether one of the relatives is among the first ten people by score.
pub(crate) fn is_on_shortlist(
    relatives: impl Iterator<Item = f64>,
    others: impl Iterator<Item = f64>,
) -> bool {
    let best = relatives.fold(f64::NEG_INFINITY, f64::max);
    // A person with the same score counts as ahead. A constant score thus finds no one.
    others.filter(|&score| score >= best).count() < SHORTLIST
}

/// Returns, for each probe with a relative, whether a relative is on the shortlist.
pub(crate) fn shortlist_hits(probes: &[SearchedProbe]) -> Vec<RatioTerm> {
    let with_relative = probes.iter().filter(|probe| !probe.relatives.is_empty());
    with_relative
        .map(|probe| {
            RatioTerm::of_search(probe.family, f64::from(probe.has_relative_on_shortlist()))
        })
        .collect()
}

impl IdentificationMetrics {
    pub(crate) fn new(probes: &[SearchedProbe], config: &OpenSetConfig, seed: u64) -> Self {
        let families = probes.iter().map(|probe| probe.family + 1).max().unwrap_or_default();
        let mut fpir = Vec::new();
        let mut dir = Vec::new();
        let mut precision = Vec::new();
        for probe in probes {
            let marked = MarkedPeople::new(probe, config);
            fpir.push(RatioTerm::of_search(probe.family, f64::from(marked.strangers > 0)));
            if probe.relatives.is_empty() {
                continue;
            }
            dir.push(RatioTerm::of_search(probe.family, f64::from(marked.relatives > 0)));
            precision.push(RatioTerm {
                family: probe.family,
                numerator: marked.relatives as f64,
                denominator: (marked.strangers + marked.relatives + marked.others) as f64,
            });
        }
        let probes_with_relative = dir.len();
        let rank_10 = shortlist_hits(probes);
        let terms = [&fpir, &dir, &precision, &rank_10];
        let [fpir, dir, precision, rank_10] = Bootstrap::new(families, seed)
            .estimates(|counts| terms.map(|terms| RatioTerm::ratio(terms, counts)));
        Self {
            people: probes.first().map_or(0, |probe| probe.people),
            probes: probes.len(),
            probes_with_relative,
            fpir,
            dir,
            precision,
            rank_10,
        }
    }
}

impl MarkedPeople {
    fn new(probe: &SearchedProbe, config: &OpenSetConfig) -> Self {
        let [strangers, relatives, others] = [&probe.strangers, &probe.relatives, &probe.others]
            .map(|scores| scores.iter().filter(|&&score| probe.is_marked(score, config)).count());
        Self { strangers, relatives, others }
    }
}
