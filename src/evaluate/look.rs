//! Small classifier of looks: assigns the most similar label to a face embedding.

use super::EvaluateError;
use crate::kinship::{LabeledRows, Logistic, Rows};

/// One-against-all logistic regressions, one per label (Hastie, Tibshirani and Friedman 2009,
/// section 4.4).
///
/// Every label has equal total weight, independent of its number of faces.
pub(super) struct LookClassifier {
    /// Labels in alphabetical order.
    labels: Vec<String>,
    regressions: Vec<Logistic>,
    accuracy: f64,
}

/// Quadratic penalty of a regression.
const RIDGE: f64 = 0.1;
/// Maximum number of labels.
const MAX_LABELS: usize = 20;
/// One of this number of faces is left out to measure the accuracy.
const LEFT_OUT: usize = 5;

impl LookClassifier {
    /// Fits the classifier to faces `(n, d)` and their labels.
    ///
    /// # Errors
    /// [`EvaluateError::BadLabels`] if there are fewer than two labels or more than 20.
    pub(super) fn fit(faces: &Rows, face_labels: &[String]) -> Result<Self, EvaluateError> {
        let mut labels = face_labels.to_vec();
        labels.sort_unstable();
        labels.dedup();
        if !(2..=MAX_LABELS).contains(&labels.len()) {
            return Err(EvaluateError::BadLabels { found: labels.len() });
        }
        let (left_out, others): (Vec<usize>, Vec<usize>) =
            (0..face_labels.len()).partition(|i| i.is_multiple_of(LEFT_OUT));
        let labeled = LabeledFaces { faces, face_labels, labels: &labels };
        let regressions = labeled.fit(&others)?;
        let found = classify(&regressions, &faces.select(left_out.iter().copied())?);
        let expected = left_out.iter().filter_map(|&i| labels.binary_search(&face_labels[i]).ok());
        let accuracy = balanced_accuracy(found.into_iter().zip(expected), labels.len());
        let all: Vec<usize> = (0..face_labels.len()).collect();
        Ok(Self { regressions: labeled.fit(&all)?, accuracy, labels })
    }

    /// Returns the labels in alphabetical order.
    pub(super) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Returns the index of each face's most probable label.
    pub(super) fn classify(&self, faces: &Rows) -> Vec<usize> {
        classify(&self.regressions, faces)
    }

    /// Returns the mean share of faces with the correct label, 0 to 1.
    ///
    /// The classifier for this measurement was not fitted to these faces. Every label has equal
    /// weight.
    pub(super) fn accuracy(&self) -> f64 {
        self.accuracy
    }
}

/// Faces to fit a classifier to.
struct LabeledFaces<'a> {
    /// Embeddings, `(n, d)`.
    faces: &'a Rows,
    /// Label of each face, `(n)`.
    face_labels: &'a [String],
    /// All labels.
    labels: &'a [String],
}

impl LabeledFaces<'_> {
    /// Fits one regression per label to the faces at `indices`.
    fn fit(&self, indices: &[usize]) -> Result<Vec<Logistic>, EvaluateError> {
        let features = self.faces.select(indices.iter().copied())?.features();
        let mut regressions = Vec::with_capacity(self.labels.len());
        for label in self.labels {
            let is_label: Vec<bool> =
                indices.iter().map(|&i| self.face_labels[i] == *label).collect();
            let rows = LabeledRows::new(features.chunks(self.faces.dimension()), &is_label);
            let regression = Logistic::fit(&rows.balanced(), RIDGE);
            regressions
                .push(regression.ok_or(EvaluateError::BadLabels { found: self.labels.len() })?);
        }
        Ok(regressions)
    }
}

/// Returns the index of each face's most probable label.
fn classify(regressions: &[Logistic], faces: &Rows) -> Vec<usize> {
    let features = faces.features();
    let faces = features.chunks(faces.dimension());
    faces.map(|face| most_probable_label(regressions, face)).collect()
}

fn most_probable_label(regressions: &[Logistic], face: &[f64]) -> usize {
    let scores = regressions.iter().map(|regression| regression.log_odds(face));
    let best = scores.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
    best.map_or(0, |(label, _)| label)
}

/// Returns the mean over labels of the share of correct predictions.
fn balanced_accuracy(found: impl Iterator<Item = (usize, usize)>, labels: usize) -> f64 {
    let mut right = vec![0.0; labels];
    let mut counts = vec![0.0; labels];
    for (found, expected) in found {
        right[expected] += f64::from(u8::from(found == expected));
        counts[expected] += 1.0;
    }
    let shares: Vec<f64> = right
        .iter()
        .zip(&counts)
        .filter(|(_, count)| **count > 0.0)
        .map(|(right, count)| right / count)
        .collect();
    shares.iter().sum::<f64>() / shares.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_faces_show_are_found() {
        // The second value of a face is its look.
        let value = |i: usize, j: usize| match j {
            1 => [1.0, -1.0][i % 2],
            _ => (i * 37 % 101) as f32 / 50.0 - 1.0,
        };
        let values = (0..200).flat_map(|i| [value(i, 0), value(i, 1)]).collect();
        let faces = Rows::from_values(values, 2).unwrap();
        let labels: Vec<String> = (0..200).map(|i| ["up", "down"][i % 2].to_owned()).collect();
        let classifier = LookClassifier::fit(&faces, &labels).unwrap();
        assert_eq!(classifier.labels(), ["down", "up"]);
        assert_eq!(classifier.classify(&faces)[..3], [1, 0, 1]);
        assert_eq!(classifier.accuracy(), 1.0);
        assert!(LookClassifier::fit(&faces, &vec!["one".to_owned(); 200]).is_err());
    }

    #[test]
    fn labels_have_equal_weight() {
        let found = [(0, 0), (0, 0), (0, 0), (0, 1)];
        assert_eq!(balanced_accuracy(found.into_iter(), 2), 0.5);
    }
}
