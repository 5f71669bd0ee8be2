//! Description of a surveyed collection, as text.

use std::fmt::Display;

use crate::cli::output::line;
use crate::inspect::{Duplicate, KinCount, KinSummary, Spread, Survey};

/// Maximum number of names in a line and of duplicate groups. JSON contains all.
const SHOWN: usize = 10;

pub(crate) fn print_collection(survey: &Survey) {
    let summary = &survey.summary;
    for rejected in &survey.unreadable {
        line!("rejected {}: {}", rejected.path.escape_debug(), rejected.reason);
    }
    for misplaced in &survey.misplaced {
        line!("misplaced {}: {}", misplaced.path.escape_debug(), misplaced.reason);
    }
    if survey.other_files > 0 {
        line!("{} files are no photos by their extension", survey.other_files);
    }
    print_duplicates(&survey.duplicates);
    line!("families           {}", summary.families);
    line!("people             {}", summary.people);
    let [rejected, misplaced] = [survey.unreadable.len(), survey.misplaced.len()];
    line!("photos             {}; {rejected} rejected, {misplaced} misplaced", summary.photos);
    line!("photos per family  {}", spread(summary.per_family));
    line!("photos per person  {}", spread(summary.per_person));
    if let Some(kin) = &summary.kin {
        print_kin(kin);
    }
}

fn spread(Spread { smallest, median, largest }: Spread) -> String {
    format!("{smallest} to {largest}, median {median}")
}

fn print_duplicates(duplicates: &[Duplicate]) {
    for Duplicate { photos, across_people } in duplicates.iter().take(SHOWN) {
        let fault = if *across_people { " (different people: a labelling fault)" } else { "" };
        line!("duplicate {}{fault}", shorten(photos));
    }
    if duplicates.len() > SHOWN {
        line!("duplicate … and {} more groups of photos", duplicates.len() - SHOWN);
    }
    if !duplicates.is_empty() {
        let across = duplicates.iter().filter(|group| group.across_people).count();
        line!(
            "{} groups of photos have the same bytes, {across} of them across people",
            duplicates.len()
        );
    }
}

fn print_kin(kin: &KinSummary) {
    let KinSummary { listed_pairs, listed_people, usable, repeated, skipped, .. } = kin;
    line!("listed kin pairs   {listed_pairs}, of {listed_people} people");
    let without = skipped.without_photos.iter().collect::<Vec<_>>();
    if !without.is_empty() {
        line!(
            "not usable         {}: they name {} people without photos: {}",
            skipped.lacking_photos,
            without.len(),
            shorten(&without)
        );
    }
    if skipped.across_families > 0 {
        line!("not usable         {}: they are of two families", skipped.across_families);
    }
    if *repeated > 0 {
        line!("listed twice       {repeated}");
    }
    line!("usable kin pairs   {}", usable.pairs);
    line!(
        "their photo pairs  {}, and {} left out because both faces are of one photograph",
        usable.photo_pairs,
        usable.same_source
    );
    print_relations(kin);
}

fn print_relations(kin: &KinSummary) {
    if kin.by_relation.is_empty() {
        return;
    }
    line!("\n{:<34} {:>9} {:>12} {:>9}", "relation", "kin pairs", "photo pairs", "left out");
    for (relation, KinCount { pairs, photo_pairs, same_source }) in &kin.by_relation {
        let words = relation.roles().join(" and ");
        let code = relation.code();
        line!("{code:<5}{words:<29} {pairs:>9} {photo_pairs:>12} {same_source:>9}");
    }
}

/// Formats up to [`SHOWN`] names, and the number of further ones.
fn shorten<T: Display>(names: &[T]) -> String {
    let shown: Vec<String> = names.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    shown.join(", ") + &more
}
