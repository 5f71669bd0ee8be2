//! Galleries as text.

use crate::cli::output::line;
use crate::gallery::{ArchiveSummary, Deleted, SegmentStats, Stats};

pub(crate) fn print_stats(stats: &Stats) {
    let Stats { schema, photos, people, families, segments, tail, disk_bytes, .. } = stats;
    let Stats { thumbnails, relationships, .. } = stats;
    line!("photos        {photos} of {people} people in {families} families");
    line!("thumbnails    {thumbnails}");
    line!("kin pairs     {relationships}");
    for SegmentStats { photos, deleted, layers, links, .. } in segments {
        line!(
            "segment       {photos} photos, {links} links, {layers} layers, {deleted} removed since"
        );
    }
    line!("tail          {tail} photos that are compared one by one");
    line!("on disk       {:.1} MB, schema {schema}", *disk_bytes as f64 / 1e6);
}

pub(crate) fn print_deleted(deleted: &Deleted) {
    line!(
        "removed {} photos, {} embeddings, {} thumbnails, {} listed kin pairs",
        deleted.photos,
        deleted.embeddings,
        deleted.thumbnails,
        deleted.relationships
    );
}

/// Prints the content of an archive, and the action on it, such as "written to a.zip".
pub(crate) fn print_archived(archived: &ArchiveSummary, action: &str) {
    let ArchiveSummary { photos, relationships, .. } = archived;
    line!("{photos} photos and {relationships} listed kin pairs {action}");
}
