//! Photographs of a family.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::conditions::{Moment, Scene};
use super::family::{Family, Person};

/// Last year of photographs.
const TODAY: i32 = 2024;
/// Ages of people in photographs, in years.
const AGES: std::ops::Range<i32> = 2..84;

/// Photograph with the faces that are cropped from it.
pub(super) struct Photograph {
    /// Number in the family, from 1.
    pub(super) number: usize,
    pub(super) scene: Scene,
    pub(super) faces: Vec<Face>,
}

/// Face in a photograph.
pub(super) struct Face {
    /// Index of the person in the family.
    pub(super) person: usize,
    /// Age in years.
    pub(super) age: f32,
    pub(super) moment: Moment,
}

/// Draws one to three photographs of each person alone, and one of the family together.
pub(super) fn draw(family: &Family, random: &mut ChaCha8Rng) -> Vec<Photograph> {
    let mut album = Vec::new();
    for (place, person) in family.people.iter().enumerate() {
        for _ in 0..random.random_range(1..4) {
            let year = some_year(person, random);
            album.push(photograph(album.len() + 1, &[(place, person)], year, random));
        }
    }
    let youngest = family.people.iter().map(|person| person.born).max().unwrap_or(TODAY);
    let year = (youngest + random.random_range(AGES.start..18)).min(TODAY);
    let together: Vec<_> = family
        .people
        .iter()
        .enumerate()
        .filter(|(_, person)| AGES.contains(&(year - person.born)) && random.random_bool(0.8))
        .collect();
    if together.len() > 1 {
        album.push(photograph(album.len() + 1, &together, year, random));
    }
    album
}

/// Draws a year of a person's life, more often of adult years.
fn some_year(person: &Person, random: &mut ChaCha8Rng) -> i32 {
    let last = (TODAY - person.born).min(AGES.end - 1);
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
    people: &[(usize, &Person)],
    year: i32,
    random: &mut ChaCha8Rng,
) -> Photograph {
    let scene = Scene::draw(year, random);
    let mut faces = Vec::new();
    for &(place, person) in people {
        let age = (year - person.born) as f32 + random.random_range(0.0..1.0_f32);
        faces.push(Face { person: place, age, moment: Moment::draw(random) });
    }
    Photograph { number, scene, faces }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::family::chance;

    #[test]
    fn everybody_is_photographed_and_nobody_before_birth_or_after_today() {
        for number in 1..=50 {
            let mut random = chance(3, number);
            let family = Family::draw(number, &mut random);
            let album = draw(&family, &mut random);
            let faces: Vec<&Face> = album.iter().flat_map(|photograph| &photograph.faces).collect();
            for place in 0..family.people.len() {
                assert!(faces.iter().any(|face| face.person == place));
            }
            assert!(faces.iter().all(|face| (2.0..84.5).contains(&face.age)));
            let born = |face: &Face| family.people[face.person].born as f32;
            assert!(faces.iter().all(|face| born(face) + face.age <= TODAY as f32 + 1.0));
        }
    }
}
