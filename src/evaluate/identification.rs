//! Open-set identification: false positives and misses of searches.
//!
//! Terms as in ISO/IEC 19795-1. A mated search has listed kin of the probe in the gallery.
//! A non-mated search has none. The false positive identification rate (FPIR) is the share of
//! non-mated searches with a marked person. The false negative identification rate (FNIR) is the
//! share of mated searches without a marked relative.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::EvaluateError;
use super::enrolled::EnrolledPeople;
use super::families::ProbeFamilies;
use super::identification_metrics::GallerySizeMetrics;
use super::identification_probe::{GallerySize, IdentificationProbe};
use super::identification_searches::Searches;
use crate::domain::{PersonId, Progress};
use crate::gallery::Gallery;
use crate::kinship::Ensemble;
use crate::search::{Options, ReferenceCache, SearchContext};

/// Accuracy of kinship decisions in searches, for galleries of several sizes.
#[derive(Clone, Debug, Serialize)]
pub struct IdentificationReport {
    /// Number of probes.
    pub probes: usize,
    /// Maximum number of photos of each probe. People with fewer photos have all of theirs.
    pub photos_per_probe: usize,
    /// False positive identification rate that decisions should not exceed, 0 to 1.
    pub nominal_fpir: f64,
    /// Metrics of each gallery size, the largest gallery last.
    pub galleries: Vec<GallerySizeMetrics>,
}

/// Probes and galleries of an identification test.
pub struct IdentificationOptions<'a> {
    /// Gallery sizes in people. Sizes not smaller than the gallery are skipped.
    ///
    /// All people are always searched, too.
    pub sizes: Vec<usize>,
    /// Maximum number of probes.
    pub max_probes: usize,
    /// Maximum number of photos of each probe, at least 1.
    pub photos_per_probe: usize,
    /// Seed of the probes, of the galleries and of the intervals.
    pub seed: u64,
    /// Selects the people that may be probes. All people stay in the gallery.
    pub is_probe: &'a dyn Fn(PersonId) -> bool,
}

/// Prepared identification test.
struct IdentificationTest<'a> {
    context: SearchContext<'a>,
    probes: Vec<IdentificationProbe>,
    families: ProbeFamilies,
    /// All people in a random order. The first ones form the smaller galleries, so that galleries
    /// are nested.
    people: Vec<PersonId>,
}

/// Searches for people with listed kin, with and without their families in the gallery.
///
/// A mated search has the probe's family in the gallery, instead of as many drawn people. A
/// non-mated search has the same number of people. None of them is of the family or listed as kin.
/// Neither gallery includes the probe's own person.
///
/// Returns `None` if the job was cancelled.
///
/// # Errors
/// [`EvaluateError::NoEnsemble`] or [`EvaluateError::NoOpenSetModel`] if the bundle cannot mark
/// people.
/// [`EvaluateError::NoKin`] if no probe has listed kin.
/// Other variants if the gallery or the ensemble fails.
pub fn identify(
    gallery: &dyn Gallery,
    ensemble: Option<&Ensemble>,
    options: &IdentificationOptions<'_>,
    progress: &dyn Progress,
) -> Result<Option<IdentificationReport>, EvaluateError> {
    let ensemble = ensemble.ok_or(EvaluateError::NoEnsemble)?;
    ensemble.open_set().ok_or(EvaluateError::NoOpenSetModel)?;
    let view = gallery.view()?;
    let enrolled = EnrolledPeople::new(gallery, &*view)?;
    let mut random = ChaCha8Rng::seed_from_u64(options.seed);
    let mut people: Vec<PersonId> = enrolled.ids().collect();
    people.shuffle(&mut random);
    let probes = draw_probes(&enrolled, options, &mut random)?;
    if probes.is_empty() {
        return Err(EvaluateError::NoKin);
    }
    let test = IdentificationTest {
        context: SearchContext::new(&view, Some(ensemble), &ReferenceCache::default())?,
        families: ProbeFamilies::new(probes.iter().map(IdentificationProbe::person)),
        probes,
        people,
    };
    let sizes = GallerySize::sizes(&options.sizes, test.people.len());
    progress.begin("Searching", (sizes.len() * test.probes.len()) as u64, "probes");
    let mut galleries = Vec::with_capacity(sizes.len());
    for size in sizes {
        let Some(searches) = test.run(size, progress)? else { return Ok(None) };
        let people = size.people(test.people.len());
        galleries.push(GallerySizeMetrics::new(people, &searches, &test.families, options.seed));
    }
    Ok(Some(IdentificationReport {
        probes: test.probes.len(),
        photos_per_probe: options.photos_per_probe,
        nominal_fpir: Options::DEFAULT_FALSE_POSITIVE_RATE,
        galleries,
    }))
}

impl IdentificationTest<'_> {
    /// Searches for every probe in galleries of one size.
    ///
    /// Returns `None` if the job was cancelled.
    fn run(
        &self,
        size: GallerySize,
        progress: &dyn Progress,
    ) -> Result<Option<Searches>, EvaluateError> {
        let mut searches = Searches::default();
        for probe in &self.probes {
            if progress.cancelled() {
                return Ok(None);
            }
            let family = self.families.index(probe.person());
            if let Some(filter) = probe.mated(&self.people, size) {
                let ranked = probe.search(&self.context, filter)?;
                searches.add_mated(family, &ranked, |person| probe.status_of(person));
            }
            if let Some(filter) = probe.non_mated(&self.people, size) {
                searches.add_non_mated(family, &probe.search(&self.context, filter)?);
            }
            progress.advance(1);
        }
        Ok(Some(searches))
    }
}

/// Draws at most [`IdentificationOptions::max_probes`] people with listed kin.
///
/// They are in the order of their identities.
fn draw_probes(
    enrolled: &EnrolledPeople<'_>,
    options: &IdentificationOptions<'_>,
    random: &mut ChaCha8Rng,
) -> Result<Vec<IdentificationProbe>, EvaluateError> {
    let mut people = enrolled.with_kin(options.is_probe);
    people.shuffle(random);
    people.truncate(options.max_probes);
    people.sort_unstable();
    let mut probes = Vec::with_capacity(people.len());
    for person in people {
        let mut photos = enrolled.photos_of(person).to_vec();
        photos.shuffle(random);
        photos.truncate(options.photos_per_probe);
        probes.push(IdentificationProbe::new(enrolled, &photos, person)?);
    }
    // A photo can be deleted while the gallery is evaluated.
    probes.retain(|probe| probe.has_photos());
    Ok(probes)
}
