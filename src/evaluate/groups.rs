//! Distribution of false matches over groups of people with similar looks.
//!
//! A threshold may match 1 % of all unrelated pairs, but far more pairs within one group. The cause
//! is a model that does not account for how common a look is. It mistakes the look for kinship.

use std::collections::BTreeMap;

use serde::Serialize;

use super::EvaluateError;
use super::context::EvaluationContext;
use super::faces::Faces;
use super::false_matches::{
    FalseMatches, GroupMatches, MatchDecision, highest_over_mean, threshold,
};
use super::families::ProbeFamilies;
use super::look::LookClassifier;
use super::pair_scorer::PairScorer;
use crate::dataset::{LabeledPhoto, Source, family_photos};
use crate::domain::{PersonId, PhotoId};
use crate::ingest::Rejected;
use crate::kinship::{Ensemble, KinshipError, Rows};
use crate::photo::{EXTENSIONS, Limits, decode, mean_chroma};

/// Photos to compare, and the labels that define groups.
pub struct GroupOptions<'a> {
    /// Labeled photos, to fit the group classifier to.
    pub labels: &'a [LabeledPhoto],
    /// Selects the photos to compare.
    pub is_compared: &'a dyn Fn(&PhotoId) -> bool,
    /// Seed of the confidence intervals.
    pub seed: u64,
}

/// False matches by group, with confidence intervals over families.
#[derive(Clone, Debug, Serialize)]
pub struct GroupReport {
    /// Mean share of labeled faces that the classifier assigns to the correct group.
    ///
    /// It is measured on faces that the classifier was not fitted to.
    pub classifier_accuracy: f64,
    /// Number of compared photos.
    pub photos: usize,
    /// Number of pairs of photos of two families.
    pub pairs: usize,
    /// Groups of the labels, and the group of gray photographs.
    pub groups: Vec<GroupMetrics>,
    /// Highest rate of a group over the mean of the groups' rates.
    pub highest_over_mean: FalseMatches,
    /// Photos that could not be used.
    #[serde(skip)]
    pub rejected: Vec<Rejected>,
}

/// Metrics of one group.
#[derive(Clone, Debug, Serialize)]
pub struct GroupMetrics {
    /// Label of the group.
    pub group: String,
    /// Number of photos in the group.
    pub photos: usize,
    /// False match rates of the group.
    pub false_matches: FalseMatches,
}

/// Photos to compare.
struct ComparedFaces {
    people: Vec<PersonId>,
    families: ProbeFamilies,
    /// Embeddings, per backbone `(n, d)`.
    faces: Vec<Rows>,
    /// Per group, whether each photo belongs to it.
    groups: Vec<Vec<bool>>,
}

/// Maximum number of compared photos.
const MAX_PHOTOS: usize = 3000;
/// Upper bound of the mean chroma, of 255, of a gray photo.
///
/// Gray photographs stay below it after JPEG compression.
const MAX_GRAY_CHROMA: f64 = 4.0;
const GRAY: &str = "gray photograph";

/// Compares photos of unrelated people.
///
/// `labeled` is the source of the labeled photos.
///
/// Returns `None` if the job was cancelled.
///
/// # Errors
/// [`EvaluateError::BadLabels`] if the labels do not define groups.
/// [`EvaluateError::NoFamilies`] if no photo is selected.
/// [`EvaluateError::NoPhotos`] if no photo can be embedded.
pub fn compare_groups(
    mut context: EvaluationContext<'_>,
    labeled: &mut Source,
    options: &GroupOptions<'_>,
) -> Result<Option<GroupReport>, EvaluateError> {
    let bundle = context.bundle;
    let progress = context.progress;
    let paths = options.labels.iter().map(|photo| photo.path.clone()).collect();
    let Some(labeled_faces) = Faces::embed(paths, labeled, bundle, progress)? else {
        return Ok(None);
    };
    let found = options
        .labels
        .iter()
        .filter_map(|photo| Some((labeled_faces.index(&photo.path)?, photo.label.clone())));
    let (indices, labels): (Vec<usize>, Vec<String>) = found.unzip();
    let faces = labeled_faces.rows()[0].select(indices)?;
    progress.begin("Fitting the classifier of groups", 0, "faces");
    let classifier = LookClassifier::fit(&faces, &labels)?;
    let photos = compared_photos(context.source, options)?;
    let paths = photos.values().cloned().collect();
    let Some(faces) = Faces::embed(paths, context.source, bundle, progress)? else {
        return Ok(None);
    };
    let Some(compared) = ComparedFaces::new(&photos, &mut context, &faces, &classifier)? else {
        return Ok(None);
    };
    progress.begin("Comparing unrelated people", 0, "pairs");
    let mut report = compared.report(bundle.ensemble(), &classifier, options.seed)?;
    report.rejected.extend(labeled_faces.rejected);
    report.rejected.extend(faces.rejected);
    Ok(Some(report))
}

/// Returns at most [`MAX_PHOTOS`] photos with their paths.
///
/// The order is one photo of every person, then a second one of every person, and so on.
fn compared_photos(
    source: &Source,
    options: &GroupOptions<'_>,
) -> Result<BTreeMap<PhotoId, String>, EvaluateError> {
    let photos = family_photos(source, &source.list(&EXTENSIONS)?)?.photos;
    let mut counts: BTreeMap<PersonId, usize> = BTreeMap::new();
    let mut ranked: Vec<(usize, PhotoId, String)> = photos
        .into_iter()
        .filter(|(photo, _)| (options.is_compared)(photo))
        .map(|(photo, path)| {
            let count = counts.entry(photo.member()).or_default();
            *count += 1;
            (*count, photo, path)
        })
        .collect();
    ranked.sort_unstable();
    ranked.truncate(MAX_PHOTOS);
    if ranked.is_empty() {
        return Err(EvaluateError::NoFamilies);
    }
    Ok(ranked.into_iter().map(|(_, photo, path)| (photo, path)).collect())
}

impl ComparedFaces {
    /// Assigns photos to groups.
    ///
    /// Returns `None` if the job was cancelled.
    fn new(
        photos: &BTreeMap<PhotoId, String>,
        context: &mut EvaluationContext<'_>,
        embedded: &Faces,
        classifier: &LookClassifier,
    ) -> Result<Option<Self>, EvaluateError> {
        let progress = context.progress;
        progress.begin("Looking for gray photographs", photos.len() as u64, "photos");
        let limits = Limits::default();
        let mut people = Vec::new();
        let mut indices = Vec::new();
        let mut is_gray = Vec::new();
        for (photo, path) in photos {
            if progress.cancelled() {
                return Ok(None);
            }
            progress.advance(1);
            let Some(i) = embedded.index(path) else { continue };
            let Ok(bytes) = context.source.read(path, limits.max_file_bytes) else { continue };
            let Ok(decoded) = decode(&bytes, &limits) else { continue };
            people.push(photo.member());
            indices.push(i);
            is_gray.push(mean_chroma(&decoded) < MAX_GRAY_CHROMA);
        }
        let faces: Vec<Rows> = embedded
            .rows()
            .iter()
            .map(|rows| rows.select(indices.iter().copied()))
            .collect::<Result<_, _>>()?;
        let looks = classifier.classify(&faces[0]);
        let mut groups: Vec<Vec<bool>> = (0..classifier.labels().len())
            .map(|label| looks.iter().map(|&look| look == label).collect())
            .collect();
        groups.push(is_gray);
        let families = ProbeFamilies::new(people.iter().copied());
        Ok(Some(Self { people, families, faces, groups }))
    }

    /// Compares all photos of different families.
    fn report(
        &self,
        ensemble: Option<&Ensemble>,
        classifier: &LookClassifier,
        seed: u64,
    ) -> Result<GroupReport, EvaluateError> {
        let cosines = self.unrelated_scores(&PairScorer::Cosine)?;
        let scores = self.unrelated_scores(&PairScorer::new(ensemble, &self.faces)?)?;
        let [matches, by_cosine] = [&scores, &cosines].map(|scores| self.matches(scores));
        let bootstrap = self.families.bootstrap(seed);
        let names = classifier.labels().iter().map(String::as_str).chain([GRAY]);
        let groups = names.enumerate().map(|(i, name)| GroupMetrics {
            group: name.to_owned(),
            photos: self.groups[i].iter().filter(|is_member| **is_member).count(),
            false_matches: FalseMatches::new(bootstrap.estimates(|counts| {
                let [own, cosine] = [&matches[i], &by_cosine[i]].map(|group| group.rates(counts));
                [own.with_everyone, cosine.with_everyone, own.within, cosine.within]
            })),
        });
        Ok(GroupReport {
            classifier_accuracy: classifier.accuracy(),
            photos: self.people.len(),
            pairs: scores.len(),
            groups: groups.collect(),
            highest_over_mean: FalseMatches::new(bootstrap.estimates(|counts| {
                let [own, cosine] = [&matches, &by_cosine].map(|groups| {
                    groups.iter().map(|group| group.rates(counts)).collect::<Vec<_>>()
                });
                [
                    highest_over_mean(own.iter().map(|rates| rates.with_everyone)),
                    highest_over_mean(cosine.iter().map(|rates| rates.with_everyone)),
                    highest_over_mean(own.iter().map(|rates| rates.within)),
                    highest_over_mean(cosine.iter().map(|rates| rates.within)),
                ]
            })),
            rejected: Vec::new(),
        })
    }

    /// Returns all pairs of photos of two families.
    fn unrelated_pairs(&self) -> impl Iterator<Item = [usize; 2]> {
        let all =
            (0..self.people.len()).flat_map(|i| (i + 1..self.people.len()).map(move |j| [i, j]));
        all.filter(|pair| {
            let [a, b] = pair.map(|i| self.people[i].family());
            a != b
        })
    }

    /// Returns the scores of [`Self::unrelated_pairs`].
    fn unrelated_scores(&self, scorer: &PairScorer<'_>) -> Result<Vec<f64>, KinshipError> {
        let mut scores = Vec::new();
        for (i, person) in self.people.iter().enumerate() {
            let row = scorer.row(&self.faces, i)?;
            let others = self.people.iter().zip(row).skip(i + 1);
            let unrelated = others.filter(|(other, _)| other.family() != person.family());
            scores.extend(unrelated.map(|(_, score)| score));
        }
        Ok(scores)
    }

    /// Counts the pairs of each group, and the matches among them.
    fn matches(&self, scores: &[f64]) -> Vec<GroupMatches> {
        let threshold = threshold(scores);
        let mut found = vec![GroupMatches::default(); self.groups.len()];
        for (pair, &score) in self.unrelated_pairs().zip(scores) {
            let families = pair.map(|i| self.families.index(self.people[i]));
            let decision = MatchDecision::from_score(score, threshold);
            for (group, found) in self.groups.iter().zip(&mut found) {
                let members = pair.iter().filter(|&&i| group[i]).count();
                if members > 0 {
                    found.with_everyone.add(families, decision);
                }
                if members == 2 {
                    found.within.add(families, decision);
                }
            }
        }
        found
    }
}
