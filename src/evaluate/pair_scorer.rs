//! Scores of one face with many.

use crate::kinship::{Ensemble, FaceStatistics, KinshipError, OpenSetScorer, Rows};

/// Scorer of photo pairs.
pub(super) enum PairScorer<'a> {
    /// Cosine in the retrieval space.
    Cosine,
    /// Ensemble without open-set model.
    Pairwise(&'a Ensemble),
    /// Log likelihood ratio of kin.
    OpenSet(OpenSetScorer<'a>, Vec<FaceStatistics>),
}

impl<'a> PairScorer<'a> {
    /// Creates a scorer of these faces, per backbone `(n, d)`.
    pub(super) fn new(
        ensemble: Option<&'a Ensemble>,
        faces: &[Rows],
    ) -> Result<Self, KinshipError> {
        Ok(match ensemble.map(|ensemble| (ensemble, OpenSetScorer::from_ensemble(ensemble))) {
            None => Self::Cosine,
            Some((ensemble, None)) => Self::Pairwise(ensemble),
            Some((_, Some(scorer))) => Self::OpenSet(scorer, scorer.face_statistics(faces)?),
        })
    }

    /// Returns the scores of face `i` with all faces.
    pub(super) fn row(&self, faces: &[Rows], i: usize) -> Result<Vec<f64>, KinshipError> {
        let face: Vec<Rows> =
            faces.iter().map(|rows| rows.select([i])).collect::<Result<_, _>>()?;
        Ok(match self {
            Self::Cosine => {
                let face = faces[0].row(i);
                faces[0].iter().map(|other| f64::from(dot(face, other))).collect()
            }
            Self::Pairwise(ensemble) => {
                ensemble.scores(&face, faces)?.into_iter().map(f64::from).collect()
            }
            Self::OpenSet(scorer, statistics) => scorer
                .ensemble()
                .scores(&face, faces)?
                .into_iter()
                .zip(statistics)
                .map(|(score, other)| scorer.kin_ratio(score.into(), [statistics[i], *other]))
                .collect(),
        })
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
