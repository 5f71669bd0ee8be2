//! Photographs of a family.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::conditions::{Moment, Scene};
use super::family::{SyntheticFamily, SyntheticPerson};

/// Last year of photographs.
const LAST_YEAR: i32 = 2024;
/// Ages of people in photographs, in years.
const AGES: std::ops::Range<i32> = 2..84;

/// Photograph with the people in it. Each face is cropped into a photo.
pub(super) struct Photograph {
    /// Number in the family, from 1.
    pub(super) number: usize,
    pub(super) scene: Scene,
    pub(super) subjects: Vec<Subject>,
}

/// Person in a photograph.
pub(super) struct Subject {
    /// Index of the person in the family.
    pub(super) person: usize,
    /// Age in years.
    pub(super) age: f32,
    pub(super) moment: Moment,
}

/// Draws one to three photographs of each person alone, and one of the family together.
pub(super) fn draw(family: &SyntheticFamily, random: &mut ChaCha8Rng) -> Vec<Photograph> {
    let mut photographs = Vec::new();
    for (i, person) in family.people.iter().enumerate() {
        for _ in 0..random.random_range(1..4) {
            let year = some_year(person, random);
            photographs.push(photograph(photographs.len() + 1, &[(i, person)], year, random));
        }
    }
    let youngest = family.people.iter().map(|person| person.born).max().unwrap_or(LAST_YEAR);
    let year = (youngest + random.random_range(AGES.start..18)).min(LAST_YEAR);
    let together: Vec<_> = family
        .people
        .iter()
        .enumerate()
        .filter(|(_, person)| AGES.contains(&(year - person.born)) && random.random_bool(0.8))
        .collect();
    if together.len() > 1 {
        photographs.push(photograph(photographs.len() + 1, &together, year, random));
    }
    photographs
}

/// Draws a year of a person's life, more often of adult years.
fn some_year(person: &SyntheticPerson, random: &mut ChaCha8Rng) -> i32 {
    let last = (LAST_YEAR - person.born).min(AGES.end - 1);
    let age = match random.random_range(0..10) {
        0..2 => random.random_range(AGES.start..16),
        2..7 => random.random_range(16..45),
        _ => random.random_range(45..AGES.end),
    };
    // Younger people thus have more photographs from their youth.
    person.born + if age <= last { age } else { random.random_range(AGES.start..=last) }
}

fn photograph(
    number: usize,
    people: &[(usize, &SyntheticPerson)],
    year: i32,
    random: &mut ChaCha8Rng,
) -> Photograph {
    let scene = Scene::draw(year, random);
    let mut subjects = Vec::new();
    for &(i, person) in people {
        let age = (year - person.born) as f32 + random.random_range(0.0..1.0_f32);
        subjects.push(Subject { person: i, age, moment: Moment::draw(random) });
    }
    Photograph { number, scene, subjects }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::family::family_generator;

    #[test]
    fn all_people_are_photographed_between_birth_and_today() {
        for number in 1..=50 {
            let mut random = family_generator(3, number);
            let family = SyntheticFamily::draw(number, &mut random);
            let photographs = draw(&family, &mut random);
            let subjects: Vec<&Subject> =
                photographs.iter().flat_map(|photograph| &photograph.subjects).collect();
            for i in 0..family.people.len() {
                assert!(subjects.iter().any(|subject| subject.person == i));
            }
            for subject in subjects {
                let born = family.people[subject.person].born as f32;
                assert!((2.0..84.5).contains(&subject.age));
                assert!(born + subject.age <= LAST_YEAR as f32 + 1.0);
            }
        }
    }
}
