//! Open-set identification of a source: how often a search marks a stranger, and how often a relative.
//!
//! Terms as in ISO/IEC 19795-1: the false positive identification rate (FPIR) is the share of probes without relative for
//! which somebody is marked; the detection and identification rate (DIR) is the share of probes with a relative of whom one
//! is marked.

use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::arena::{Arena, ScoredPerson};
use super::corpus::Corpus;
use crate::kinship::{KinshipError, OpenSetConfig, Tail};
use crate::metrics::{Bootstrap, Figure, RatioTerm};

/// The false positive identification rate that the open-set model is fitted to hold.
pub(super) const NOMINAL_FPIR: f64 = 0.1;
/// People of the galleries that are searched; `None` is everyone of a source.
pub(super) const GALLERY_SIZES: [Option<usize>; 3] = [Some(300), Some(1000), None];
/// Probes of a source, at most; the parts of a source share them.
pub(super) const MAX_PROBES: usize = 600;
/// The length of a shortlist.
const SHORTLIST: usize = 10;

/// A probe: one photo of a person with listed kin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    pub(super) photo: usize,
    pub(super) person: usize,
}

/// A probe and how everyone scored next to it.
pub(super) struct SearchedProbe {
    family: usize,
    people: usize,
    tail: Tail,
    /// Scores of people of other families.
    pub(super) strangers: Vec<f64>,
    /// Scores of listed kin who are in the gallery.
    pub(super) relatives: Vec<f64>,
    /// Scores of the family's other people.
    others: Vec<f64>,
}

/// How many people of each kind a search marks.
struct MarkedPeople {
    strangers: usize,
    relatives: usize,
    others: usize,
}

/// How well people are found in galleries of one size, with intervals over families.
#[derive(Clone, Debug, Serialize)]
pub struct IdentificationFigures {
    /// People in the gallery.
    pub people: usize,
    /// Probes, each one photo.
    pub probes: usize,
    /// Probes with a relative in the gallery.
    pub probes_with_relative: usize,
    /// Share of probes for which a stranger is marked, where 10 % should be.
    pub fpir: Option<Figure>,
    /// Share of probes with a relative of whom one is marked.
    pub dir: Option<Figure>,
    /// Share of listed kin among the marked people, of probes with a relative.
    pub precision: Option<Figure>,
    /// Share of probes with a relative of whom one is among the first ten.
    pub rank_10: Option<Figure>,
}

/// The people of a gallery of `size`, or of everyone. Returns `None` if the source has no more people than that.
pub(super) fn gallery(source: &Corpus, size: Option<usize>, seed: u64) -> Option<Vec<usize>> {
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

/// One photo of each person of `families` with listed kin, of at most `count` people.
pub(super) fn probes(source: &Corpus, families: &[usize], count: usize, seed: u64) -> Vec<Probe> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut has_kin = vec![false; source.pedigree.people().len()];
    let kin = source.pedigree.kin().iter().filter(|kin| families.contains(&kin.family));
    kin.flat_map(|kin| kin.people).for_each(|person| has_kin[person] = true);
    let mut people: Vec<usize> = (0..has_kin.len()).filter(|&person| has_kin[person]).collect();
    people.shuffle(&mut random);
    people.truncate(count);
    people.sort_unstable();
    let probe = |person: usize| {
        let photo = source.pedigree.people()[person].photos.choose(&mut random).copied()?;
        Some(Probe { photo, person })
    };
    people.into_iter().filter_map(probe).collect()
}

impl SearchedProbe {
    pub(super) fn new(
        source: &Corpus,
        arena: &Arena<'_>,
        probe: Probe,
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

    /// `−ln` of the probability that a stranger scores higher.
    pub(super) fn rarity(&self, score: f64) -> f64 {
        self.tail.rarity(score)
    }

    /// Chance matches next to the most similar stranger.
    pub(super) fn fewest_chance_matches(&self) -> f64 {
        let highest = self.strangers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        self.chance_matches(highest)
    }

    fn chance_matches(&self, score: f64) -> f64 {
        self.people as f64 * self.tail.exceedance(score)
    }

    fn is_marked(&self, score: f64, config: &OpenSetConfig) -> bool {
        config.false_positive_rate(self.chance_matches(score)) <= NOMINAL_FPIR
    }

    /// Whether a relative is among the first ten of everyone but the probe's own person.
    fn has_relative_on_shortlist(&self) -> bool {
        let others = self.strangers.iter().chain(&self.others).copied();
        is_on_shortlist(self.relatives.iter().copied(), others)
    }
}

/// Whether one of the relatives is among the first ten people, by their scores.
pub(super) fn is_on_shortlist(
    relatives: impl Iterator<Item = f64>,
    others: impl Iterator<Item = f64>,
) -> bool {
    let best = relatives.fold(f64::NEG_INFINITY, f64::max);
    // A person with the same score counts as ahead: a constant score finds nobody.
    others.filter(|&score| score >= best).count() < SHORTLIST
}

/// Whether a relative is on the shortlist, of each probe with a relative.
pub(super) fn shortlist_hits(probes: &[SearchedProbe]) -> Vec<RatioTerm> {
    let mated = probes.iter().filter(|probe| !probe.relatives.is_empty());
    mated.map(|probe| RatioTerm::flag(probe.family, probe.has_relative_on_shortlist())).collect()
}

impl IdentificationFigures {
    pub(super) fn new(probes: &[SearchedProbe], config: &OpenSetConfig, seed: u64) -> Self {
        let families = probes.iter().map(|probe| probe.family + 1).max().unwrap_or_default();
        let marked: Vec<MarkedPeople> =
            probes.iter().map(|probe| MarkedPeople::new(probe, config)).collect();
        let all = || probes.iter().zip(&marked);
        let mated = || all().filter(|(probe, _)| !probe.relatives.is_empty());
        let fpir: Vec<RatioTerm> = all()
            .map(|(probe, found)| RatioTerm::flag(probe.family, found.strangers > 0))
            .collect();
        let dir: Vec<RatioTerm> = mated()
            .map(|(probe, found)| RatioTerm::flag(probe.family, found.relatives > 0))
            .collect();
        let precision: Vec<RatioTerm> = mated()
            .map(|(probe, found)| RatioTerm {
                family: probe.family,
                numerator: found.relatives as f64,
                denominator: (found.strangers + found.relatives + found.others) as f64,
            })
            .collect();
        let rank_10 = shortlist_hits(probes);
        let terms = [&fpir, &dir, &precision, &rank_10];
        let [fpir, dir, precision, rank_10] = Bootstrap::new(families, seed)
            .figures(|counts| terms.map(|terms| RatioTerm::ratio(terms, counts)));
        Self {
            people: probes.first().map_or(0, |probe| probe.people),
            probes: probes.len(),
            probes_with_relative: mated().count(),
            fpir,
            dir,
            precision,
            rank_10,
        }
    }
}

impl MarkedPeople {
    fn new(probe: &SearchedProbe, config: &OpenSetConfig) -> Self {
        let count =
            |scores: &[f64]| scores.iter().filter(|&&score| probe.is_marked(score, config)).count();
        Self {
            strangers: count(&probe.strangers),
            relatives: count(&probe.relatives),
            others: count(&probe.others),
        }
    }
}
