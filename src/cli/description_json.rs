//! Description of a surveyed collection, as JSON.

use serde_json::{Map, Value, json};

use super::output::line;
use crate::inspect::{KinCount, KinSummary, Spread, Survey};

pub(super) fn print_json(survey: &Survey) {
    let summary = &survey.summary;
    let description = json!({
        "families": summary.families,
        "people": summary.people,
        "photos": summary.photos,
        "photos_per_family": spread_json(summary.per_family),
        "photos_per_person": spread_json(summary.per_person),
        "kin": summary.kin.as_ref().map(kin_json),
        "duplicates": survey.duplicates.iter().map(|group| json!({
            "photos": names(&group.photos), "across_people": group.across_people,
        })).collect::<Vec<_>>(),
        "unreadable": survey.unreadable.iter().map(|part| json!({
            "path": part.path, "reason": part.reason,
        })).collect::<Vec<_>>(),
        "misplaced": survey.misplaced.iter().map(|photo| json!({
            "path": photo.path, "reason": photo.reason,
        })).collect::<Vec<_>>(),
        "other_files": survey.other_files,
    });
    line!("{description:#}");
}

fn spread_json(Spread { smallest, median, largest }: Spread) -> Value {
    json!({ "smallest": smallest, "median": median, "largest": largest })
}

fn kin_json(kin: &KinSummary) -> Value {
    let by_relation = kin.by_relation.iter();
    let by_relation: Map<String, Value> =
        by_relation.map(|(relation, count)| (relation.to_string(), count_json(count))).collect();
    json!({
        "listed_pairs": kin.listed_pairs,
        "listed_people": kin.listed_people,
        "usable": count_json(&kin.usable),
        "by_relation": by_relation,
        "listed_twice": kin.repeated,
        "lacking_photos": kin.skipped.lacking_photos,
        "across_families": kin.skipped.across_families,
        "people_without_photos": names(&kin.skipped.without_photos),
    })
}

fn count_json(count: &KinCount) -> Value {
    json!({
        "pairs": count.pairs,
        "photo_pairs": count.photo_pairs,
        "photo_pairs_left_out": count.same_source,
    })
}

fn names<T: ToString>(names: impl IntoIterator<Item = T>) -> Vec<String> {
    names.into_iter().map(|name| name.to_string()).collect()
}
