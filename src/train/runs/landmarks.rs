//! Training of the landmark network.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::loss_monitor::LossMonitor;
use crate::domain::Landmarks;
use crate::domain::Outcome;
use crate::network::architectures::landmarks::OUTPUTS;
use crate::network::preprocessing::Preprocessing;
use crate::train::data::faces::AnnotatedFace;
use crate::train::data::point_views::{PointPicture, point_picture};
use crate::train::error::TrainError;
use crate::train::network::{Schedule, Student};

/// Pictures per batch.
const BATCH: usize = 128;
/// Batches between two reports.
const REPORT_EVERY: usize = 200;
/// Weight of the face-presence loss, relative to the loss of the points.
const PRESENCE: f32 = 0.1;
/// Error at which the loss changes from quadratic to linear.
///
/// It is a share of half the picture.
const KNEE: f32 = 0.01;

/// Options for training the landmark network.
#[derive(Clone, Copy, Debug)]
pub struct PointOptions {
    /// Schedule of the step size, with [`Schedule::steps`] batches in total.
    pub schedule: Schedule,
    /// Conversion of pictures to the network's input.
    pub preprocessing: Preprocessing,
    /// Seed of all random choices.
    pub seed: u64,
    /// Side of the network's input, in pixels.
    pub side: u32,
}

/// Trains `student` to locate the points of `faces`.
///
/// `monitor` regularly receives the number of batches and the mean loss since the last report.
///
/// # Errors
/// - [`TrainError::NoFaces`] if there are no faces.
/// - [`TrainError::NetworkTraining`] if the device fails.
pub fn learn_points(
    student: &mut Student,
    faces: &[AnnotatedFace],
    options: &PointOptions,
    monitor: LossMonitor<'_, f32>,
) -> Result<Outcome<()>, TrainError> {
    let LossMonitor { progress, report } = monitor;
    if faces.is_empty() {
        return Err(TrainError::NoFaces);
    }
    let steps = options.schedule.steps;
    progress.begin("Learning", (steps * BATCH) as u64, "pictures");
    let mut sum = 0.0;
    for step in 0..steps {
        if progress.cancelled() {
            return Ok(Outcome::Cancelled);
        }
        let pictures: Vec<PointPicture> = (step * BATCH..(step + 1) * BATCH)
            .into_par_iter()
            .map(|i| {
                let mut random = ChaCha8Rng::seed_from_u64(options.seed ^ ((i as u64 + 1) << 20));
                let face = &faces[random.random_range(0..faces.len())];
                point_picture(face, options.side, &mut random)
            })
            .collect();
        let views: Vec<&[u8]> = pictures.iter().map(|picture| picture.rgb.as_slice()).collect();
        let pixels = options.preprocessing.pixels(&views, options.side as usize);
        sum += student.improve(
            &pixels,
            |outputs| compare(outputs, &pictures, options.side as f32),
            &options.schedule,
        )?;
        progress.advance(BATCH as u64);
        if (step + 1).is_multiple_of(REPORT_EVERY) || step + 1 == steps {
            report(step + 1, sum / ((step % REPORT_EVERY) + 1) as f32);
            sum = 0.0;
        }
    }
    Ok(Outcome::Finished(()))
}

/// Returns the loss of a batch and its gradient with respect to the outputs.
fn compare(outputs: &[Vec<f32>], pictures: &[PointPicture], side: f32) -> (f32, Vec<Vec<f32>>) {
    let share = 1.0 / pictures.len() as f32;
    let mut loss = 0.0;
    let mut gradients = Vec::with_capacity(outputs.len());
    for (output, picture) in outputs.iter().zip(pictures) {
        let mut gradient = vec![0.0; OUTPUTS];
        // Log odds of a face: cross-entropy.
        let odds = output[OUTPUTS - 1];
        let truth = f32::from(u8::from(picture.points.is_some()));
        loss += share * PRESENCE * (odds.max(0.0) - odds * truth + (-odds.abs()).exp().ln_1p());
        gradient[OUTPUTS - 1] = share * PRESENCE * (1.0 / (1.0 + (-odds).exp()) - truth);
        if let Some(Landmarks(points)) = picture.points {
            let truth = points.as_flattened().iter().map(|value| 2.0 * value / side - 1.0);
            for ((found, truth), gradient) in output.iter().zip(truth).zip(&mut gradient) {
                // Huber loss (1964).
                let apart = found - truth;
                let within = apart.abs() <= KNEE;
                let square = 0.5 * apart * apart / KNEE;
                loss += share * if within { square } else { apart.abs() - 0.5 * KNEE };
                *gradient = share * if within { apart / KNEE } else { apart.signum() };
            }
        }
        gradients.push(gradient);
    }
    (loss, gradients)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_of_the_loss_is_its_slope() {
        let points = Some(Landmarks::aligned(64.0));
        let picture = |points| PointPicture { rgb: Vec::new(), points };
        let pictures = [picture(points), picture(None)];
        let outputs: Vec<Vec<f32>> = (0..2)
            .map(|row| {
                (0..OUTPUTS).map(|at| ((row * 7 + at * 5) % 11) as f32 / 9.0 - 0.6).collect()
            })
            .collect();
        let (_, gradients) = compare(&outputs, &pictures, 64.0);
        for (row, at) in [(0, 0), (0, 7), (0, OUTPUTS - 1), (1, 3), (1, OUTPUTS - 1)] {
            let nearby = |step: f32| {
                let mut moved = outputs.clone();
                moved[row][at] += step;
                compare(&moved, &pictures, 64.0).0
            };
            let slope = (nearby(1e-2) - nearby(-1e-2)) / 2e-2;
            assert!((slope - gradients[row][at]).abs() < 2e-3, "{row} {at}: {slope}");
        }
    }
}
