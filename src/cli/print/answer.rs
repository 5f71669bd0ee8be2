//! The answer to a search, as text.

use super::percent::percent;
use crate::cli::output::line;
use crate::domain::PersonId;
use crate::kinship::Support;
use crate::search::{
    Answer, CoupleMatch, KinshipEvidence, Options, PersonMatch, Query, SearchScope,
};

/// Prints an answer: the decision, the people with their evidence, their families.
pub(crate) fn print_answer(answer: &Answer, query: &Query<'_>, options: &Options) {
    for note in &answer.notes {
        line!("Note: {note}\n");
    }
    if answer.searched.people == 0 {
        return line!("{}", nobody_searched(&answer.searched));
    }
    let (known, likely): (Vec<&PersonMatch>, Vec<_>) =
        answer.same_person.iter().partition(|found| answer.known.contains(&found.person));
    print_same_person("The same person:", &known);
    print_same_person("Perhaps the same person:", &likely);
    if matches!(query, Query::SamePerson(_)) {
        if answer.same_person.is_empty() {
            line!("No other photo of this person found.");
        }
        return;
    }
    if let Some(least) = options.min_probability.filter(|_| answer.people.is_empty()) {
        return line!("No person reaches a probability of {}.", percent(least));
    }
    line!("{}\n", decision(answer));
    print_people(&answer.people.iter().collect::<Vec<_>>(), mark);
    print_families(answer);
    print_couples(answer);
}

fn nobody_searched(searched: &SearchScope) -> &'static str {
    match searched.photos {
        0 => "The gallery has no photos.",
        _ => "No person was searched: --include, --exclude and the probe exclude all people.",
    }
}

/// Describes the decision, with the people marked as kin, in a sentence.
fn decision(answer: &Answer) -> String {
    let has_kinship = answer.people.iter().any(|found| found.kinship.is_some());
    if !has_kinship {
        return "Most similar:".into();
    }
    let marked = answer.people.iter().filter(|found| is_marked(found)).count();
    let searched = &answer.searched;
    if marked > 0 {
        let people = match marked {
            1 => "1 person stands out".to_owned(),
            _ => format!("{marked} people stand out"),
        };
        return format!("{people} as possible relatives (*) among {} people:", searched.people);
    }
    let odds = searched.shortlist_rate.map_or(String::new(), |rate| {
        format!(
            "\nIf a relative is here, one is among the first ten in about {:.0} of 10 searches.",
            10.0 * rate
        )
    });
    format!("No relative found among {} people.{odds}\n\nMost similar:", searched.people)
}

fn is_marked(found: &PersonMatch) -> bool {
    found.kinship.as_ref().is_some_and(|kinship| kinship.is_kin)
}

fn mark(found: &PersonMatch) -> &'static str {
    if is_marked(found) { " *" } else { "" }
}

fn print_same_person(title: &str, people: &[&PersonMatch]) {
    if people.is_empty() {
        return;
    }
    line!("{title}");
    print_people(people, |_| "");
    line!();
}

fn print_people(people: &[&PersonMatch], mark: impl Fn(&PersonMatch) -> &'static str) {
    line!(
        "{:>4}  {:<14} {:<10} {:>14}  {:>11}  {:>6}  {:>6}  nearest photo",
        "rank",
        "person",
        "support",
        "chance matches",
        "probability",
        "cosine",
        "photos"
    );
    for (rank, found) in (1..).zip(people) {
        let nearest = found.photos.first().map(|p| p.photo.to_string()).unwrap_or_default();
        let person = found.person.to_string();
        let photos = found.photos.len();
        let [support, chance, probability] = evidence(found.kinship.as_ref());
        let support = support + mark(found);
        line!(
            "{rank:>4}  {person:<14} {support:<10} {chance:>14}  {probability:>11}  \
             {:>6.3}  {photos:>6}  {nearest}",
            found.cosine
        );
    }
}

/// Formats the columns of the evidence.
fn evidence(kinship: Option<&KinshipEvidence>) -> [String; 3] {
    let Some(kinship) = kinship else { return ["-", "-", "-"].map(String::from) };
    [
        Support::from_ratio(kinship.log_likelihood_ratio).name().to_owned(),
        kinship.chance_matches.map_or("-".into(), chance_matches),
        kinship.probability.map_or("-".into(), percent),
    ]
}

fn chance_matches(matches: f64) -> String {
    match matches {
        matches if matches < 0.1 => format!("{matches:.2}"),
        matches if matches < 10.0 => format!("{matches:.1}"),
        matches => format!("{matches:.0}"),
    }
}

fn print_families(answer: &Answer) {
    line!("\n{:>4}  {:<14} {:>6}  people found (their listed kin)", "rank", "family", "cosine");
    for (rank, found) in (1..).zip(&answer.families) {
        let of_family = answer.people.iter().filter(|p| p.person.family() == found.family);
        let people: Vec<String> = of_family.map(|p| with_kin(p.person, &p.listed_kin)).collect();
        let family = found.family.to_string();
        line!("{rank:>4}  {family:<14} {:>6.3}  {}", found.cosine, people.join(", "));
    }
}

fn print_couples(answer: &Answer) {
    if answer.couples.is_empty() {
        return;
    }
    line!("\n{:>4}  {:<10} two people of one family", "rank", "support");
    for (rank, couple) in (1..).zip(&answer.couples) {
        let CoupleMatch { people: [a, b], log_likelihood_ratio, is_known_couple } = couple;
        let support = Support::from_ratio(*log_likelihood_ratio).name();
        let kind =
            if *is_known_couple { "a possible couple" } else { "two relatives of one family" };
        line!("{rank:>4}  {support:<10} {a} and {b}, {kind}");
    }
}

fn with_kin(person: PersonId, kin: &[PersonId]) -> String {
    if kin.is_empty() {
        return person.to_string();
    }
    let kin: Vec<_> = kin.iter().map(ToString::to_string).collect();
    format!("{person} ({})", kin.join(" "))
}
