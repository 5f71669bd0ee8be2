//! What pairs for training and judging promise, over many seeds.

use kindred::dataset::{PairSampler, Pedigree, PhotoPair, Sampling};
use kindred::domain::{PhotoId, Relation, Relationship};
use proptest::prelude::*;

/// Families of two parents, a son and a daughter; some photographs show several of them. Parents are listed as kin of
/// their children, the children of each other only in every other family.
fn pedigree(families: usize) -> Pedigree {
    let (mut photos, mut kin) = (Vec::new(), Vec::new());
    for family in 1..=families {
        let id = |member: usize| format!("F{family:04}/MID{member}");
        for member in 1..=4 {
            for photo in 0..3 {
                // The first photograph shows everybody.
                let source = if photo == 0 { 0 } else { 10 * member + photo };
                photos.push(format!("{}/P{source:05}_face{member}", id(member)).parse().unwrap());
            }
        }
        let mut relate = |a, b, relation| {
            let people = [id(a), id(b)].map(|id| id.parse().unwrap());
            kin.push(Relationship::new(people[0], people[1], Some(relation)).unwrap());
        };
        relate(1, 3, Relation::FatherSon);
        relate(1, 4, Relation::FatherDaughter);
        relate(2, 3, Relation::MotherSon);
        relate(2, 4, Relation::MotherDaughter);
        if family % 2 == 0 {
            relate(3, 4, Relation::Siblings);
        }
    }
    Pedigree::new(photos, &kin)
}

fn check(pedigree: &Pedigree, families: &[usize], pairs: &[PhotoPair]) {
    for (at, pair) in pairs.iter().enumerate() {
        let [a, b]: [&PhotoId; 2] = pair.photos.map(|photo| &pedigree.photos()[photo]);
        let place = |id: &PhotoId| {
            pedigree.people().iter().position(|person| person.id == id.member()).unwrap()
        };
        assert_eq!(pair.is_kin, at % 2 == 0, "kin and others take turns");
        assert!(pair.families.iter().all(|family| families.contains(family)));
        assert!(!pedigree.share_source(pair.photos), "{a} {b}");
        assert_eq!(pedigree.is_listed([place(a), place(b)]), pair.is_kin, "{a} {b}");
        let is_one_family = a.member().family() == b.member().family();
        assert_eq!(is_one_family, pair.is_kin, "others are of two families: {a} {b}");
    }
}

/// The last digit of a person's name in these families: 1 father, 2 mother, 3 son, 4 daughter.
fn role(pedigree: &Pedigree, photo: usize) -> char {
    pedigree.photos()[photo].member().to_string().chars().last().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn training_pairs_keep_their_promises(seed in any::<u64>(), per_family in 1_usize..6) {
        let pedigree = pedigree(9);
        let families = [0, 2, 3, 5, 8];
        let sampling = Sampling { per_family, per_kin: 2, role_matched: 0.5 };
        let mut sampler = PairSampler::new(&pedigree, &families, seed);
        for _ in 0..3 {
            let pairs = sampler.epoch(&sampling);
            check(&pedigree, &families, &pairs);
            for family in families {
                let of = pairs.iter().filter(|pair| pair.is_kin && pair.families[0] == family);
                prop_assert!((1..=2 * per_family).contains(&of.count()), "the cap of a family");
            }
        }
        prop_assert_ne!(sampler.epoch(&sampling), sampler.epoch(&sampling));
        let again = || PairSampler::new(&pedigree, &families, seed).epoch(&sampling);
        prop_assert_eq!(again(), again());
    }

    #[test]
    fn judged_pairs_are_all_different_and_others_have_the_roles_of_the_kin_beside_them(
        seed in any::<u64>()
    ) {
        let pedigree = pedigree(8);
        let families: Vec<usize> = (0..8).collect();
        let pairs = PairSampler::new(&pedigree, &families, seed).protocol(4);
        check(&pedigree, &families, &pairs);
        let mut kin: Vec<_> = pairs.iter().filter(|pair| pair.is_kin).collect();
        // Four pairs of each of 36 kin: there are 8 of every two, 9 less the photograph that shows both.
        prop_assert_eq!(kin.len(), 36 * 4);
        kin.sort_by_key(|pair| pair.photos);
        kin.dedup();
        prop_assert_eq!(kin.len(), 36 * 4);
        for two in pairs.chunks(2) {
            let roles = |pair: &PhotoPair| pair.photos.map(|photo| role(&pedigree, photo));
            prop_assert_eq!(roles(&two[0]), roles(&two[1]));
        }
    }

    #[test]
    fn contrast_takes_one_pair_of_every_family(seed in any::<u64>()) {
        let pedigree = pedigree(7);
        let pairs = PairSampler::new(&pedigree, &[1, 2, 4], seed).one_per_family();
        let families: Vec<usize> = pairs.iter().map(|pair| pair.families[0]).collect();
        prop_assert_eq!(families, vec![1, 2, 4]);
        prop_assert!(pairs.iter().all(|pair| pair.is_kin && !pedigree.share_source(pair.photos)));
    }
}

#[test]
fn people_are_met_as_often_among_others_as_among_kin() {
    let pedigree = pedigree(6);
    let families: Vec<usize> = (0..6).collect();
    let mut sampler = PairSampler::new(&pedigree, &families, 1);
    let sampling = Sampling { per_family: 100, per_kin: 50, role_matched: 0.0 };
    let pairs = sampler.epoch(&sampling);
    let share = |is_kin: bool, wanted: char| {
        let sides: Vec<char> = pairs
            .iter()
            .filter(|pair| pair.is_kin == is_kin)
            .flat_map(|pair| pair.photos.map(|photo| role(&pedigree, photo)))
            .collect();
        sides.iter().filter(|role| **role == wanted).count() as f64 / sides.len() as f64
    };
    for wanted in ['1', '2', '3', '4'] {
        let (kin, others) = (share(true, wanted), share(false, wanted));
        assert!((kin - others).abs() < 0.03, "{wanted}: {kin} {others}");
    }
}

#[test]
fn the_set_share_of_others_has_the_roles_of_the_kin_beside_them() {
    let pedigree = pedigree(12);
    let families: Vec<usize> = (0..12).collect();
    let share = |role_matched: f64| {
        let sampling = Sampling { per_family: 100, per_kin: 400, role_matched };
        let pairs = PairSampler::new(&pedigree, &families, 7).epoch(&sampling);
        assert!(pairs.len() > 40_000);
        let roles = |pair: &PhotoPair| pair.photos.map(|photo| role(&pedigree, photo));
        let alike = pairs.chunks(2).filter(|two| roles(&two[0]) == roles(&two[1])).count();
        alike as f64 / (pairs.len() / 2) as f64
    };
    // Some of those that are drawn at random have these roles, too.
    let by_chance = share(0.0);
    for expected in [0.3, 0.7, 1.0] {
        let matched = (share(expected) - by_chance) / (1.0 - by_chance);
        assert!((matched - expected).abs() < 0.03, "{expected}: {matched}, {by_chance} by chance");
    }
}
