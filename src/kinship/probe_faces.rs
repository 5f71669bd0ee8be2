//! Faces of a probe, and their scores by an ensemble.

use super::{KinshipError, OpenSetScorer, Rows, unit_mean};

/// Photos of a probe, or of two probes if children of both are searched for.
#[derive(Clone, Debug)]
pub struct ProbeFaces {
    /// Embeddings of the photos, per backbone `(n, d)`.
    photos: Vec<Rows>,
    /// Mean embedding of each person's photos, of unit length, per backbone `(people, d)`.
    ///
    /// It finds more relatives than the mean of the photos' scores. DIR is 0.096 instead of 0.070
    /// with three photos of each probe.
    templates: Vec<Rows>,
}

impl ProbeFaces {
    /// Creates a probe from photos of one or several people, per backbone `(n, d)`.
    ///
    /// `people` holds the number of photos of each person.
    ///
    /// # Errors
    /// [`KinshipError::UnevenRows`] if there is no photo.
    ///
    /// # Panics
    /// If there are fewer photos than `people` counts.
    pub fn new(photos: Vec<Rows>, people: &[usize]) -> Result<Self, KinshipError> {
        let templates =
            photos.iter().map(|rows| person_means(rows, people)).collect::<Result<_, _>>()?;
        Ok(Self { photos, templates })
    }

    /// Returns the photos, per backbone `(n, d)`.
    pub fn photos(&self) -> &[Rows] {
        &self.photos
    }

    /// Returns the mean embedding of each person's photos, per backbone `(people, d)`.
    pub fn templates(&self) -> &[Rows] {
        &self.templates
    }

    /// Returns the mean of the people's scores with each of `faces`, per backbone `(m, d)` → m.
    ///
    /// # Errors
    /// [`KinshipError::OtherBackbones`] if the embeddings are not those of the ensemble's
    /// backbones.
    pub fn scores(
        &self,
        scorer: OpenSetScorer<'_>,
        faces: &[Rows],
    ) -> Result<Vec<f32>, KinshipError> {
        let scores = scorer.ensemble().scores(&self.templates, faces)?;
        let share = 1.0 / self.templates[0].count() as f32;
        let mut mean = vec![0.0; faces[0].count()];
        for row in scores.chunks_exact(mean.len()) {
            mean.iter_mut().zip(row).for_each(|(sum, score)| *sum += share * score);
        }
        Ok(mean)
    }
}

/// Returns the mean embedding of each person: `(n, d)` → `(people, d)`.
///
/// `people` holds the number of rows of each person.
fn person_means(rows: &Rows, people: &[usize]) -> Result<Rows, KinshipError> {
    let mut start = 0;
    let mut values = Vec::with_capacity(people.len() * rows.dimension());
    for &count in people {
        values.extend(unit_mean((start..start + count).map(|i| rows.row(i))));
        start += count;
    }
    Rows::from_values(values, rows.dimension())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_is_the_direction_between_a_persons_photos() {
        let photos = Rows::from_values(vec![1.0, 0.0, 0.0, 1.0, 0.0, -1.0], 2).unwrap();
        let probe = ProbeFaces::new(vec![photos.clone()], &[2, 1]).unwrap();
        let half = 0.5_f32.sqrt();
        let expected = [half, half, 0.0, -1.0];
        let found = probe.templates()[0].iter().flatten();
        assert!(found.zip(expected).all(|(a, b)| (a - b).abs() < 1e-6));
        assert_eq!(probe.photos(), [photos]);
    }
}
