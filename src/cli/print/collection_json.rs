//! Description of a surveyed collection, as JSON.

use serde_json::{Map, Value, json};

use crate::inspect::{KinCount, KinSummary, Spread, Survey};

/// Returns the description as JSON.
pub(crate) fn collection_json(survey: &Survey) -> Value {
    let summary = &survey.summary;
    json!({
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
    })
}

fn spread_json(Spread { smallest, median, largest }: Spread) -> Value {
    json!({ "smallest": smallest, "median": median, "largest": largest })
}

fn kin_json(kin: &KinSummary) -> Value {
    let mut by_relation = Map::new();
    for (relation, count) in &kin.by_relation {
        by_relation.insert(relation.to_string(), count_json(count));
    }
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
