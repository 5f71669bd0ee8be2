//! `kindred gallery`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::exit::{ExitStatus, Failure};
use super::output::line;
use super::progress::Display;
use crate::domain::{EntityId, Progress};
use crate::gallery::{self, EmbeddedGallery, SegmentStats, Stats};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the content and the size of a gallery
    Stats(Place),
    /// Check every checksum, every count and every link
    Verify(Place),
    /// Merge everything into one search graph, and rewrite the files without deleted data
    Compact(Place),
    /// Delete photos, people or families, with their embeddings and kin pairs
    Delete(Delete),
    /// Write a gallery into one file, for another machine or as a backup
    Export(Export),
    /// Enroll the content of an exported file into a gallery, which is created if necessary
    Import(Import),
    /// Rebuild the search graph and all other data derived from the stored photos
    Rebuild(Place),
}

#[derive(Args)]
struct Place {
    /// Folder of the gallery
    gallery: PathBuf,
}

#[derive(Args)]
struct Delete {
    /// Folder of the gallery
    gallery: PathBuf,
    /// Families, people or photos: F0001, F0001/MID2, F0001/MID2/P00001_face0
    #[arg(required = true)]
    who: Vec<EntityId>,
}

#[derive(Args)]
struct Export {
    /// Folder of the gallery
    gallery: PathBuf,
    /// File to create
    file: PathBuf,
}

#[derive(Args)]
struct Import {
    /// Exported file, from kindred gallery export
    file: PathBuf,
    /// Folder of the gallery
    #[arg(long)]
    gallery: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    match &arguments.command {
        Command::Stats(Place { gallery }) => print_stats(&EmbeddedGallery::open(gallery)?.stats()?),
        Command::Verify(Place { gallery }) => verify(&EmbeddedGallery::open(gallery)?)?,
        Command::Compact(Place { gallery }) => return compact(gallery),
        Command::Delete(arguments) => delete(arguments)?,
        Command::Export(Export { gallery, file }) => return export(gallery, file),
        Command::Import(Import { file, gallery }) => return import(file, gallery),
        Command::Rebuild(Place { gallery }) => return rebuild(gallery),
    }
    Ok(ExitStatus::Done)
}

fn compact(gallery: &Path) -> Result<ExitStatus, Failure> {
    let gallery = EmbeddedGallery::open(gallery)?;
    let display = Display::start()?;
    gallery.compact(&display)?;
    display.finish();
    if display.cancelled() {
        return Ok(ExitStatus::Stopped);
    }
    verify(&gallery.rewrite()?)?;
    Ok(ExitStatus::Done)
}

fn rebuild(gallery: &Path) -> Result<ExitStatus, Failure> {
    let display = Display::start()?;
    let gallery = EmbeddedGallery::rebuild(gallery, &display)?;
    display.finish();
    verify(&gallery)?;
    Ok(if display.cancelled() { ExitStatus::Stopped } else { ExitStatus::Done })
}

fn verify(gallery: &EmbeddedGallery) -> Result<(), Failure> {
    print_stats(&gallery.verify()?);
    line!("everything is intact");
    Ok(())
}

fn delete(Delete { gallery, who }: &Delete) -> Result<(), Failure> {
    let gallery = gallery::open(gallery)?;
    for who in who {
        let removed = gallery.delete(who)?;
        line!(
            "removed {} photos, {} embeddings, {} thumbnails, {} listed kin pairs",
            removed.photos,
            removed.embeddings,
            removed.thumbnails,
            removed.relationships
        );
    }
    line!("run kindred gallery compact to have their bytes off the disk as well");
    Ok(())
}

fn export(gallery: &Path, file: &Path) -> Result<ExitStatus, Failure> {
    let gallery = gallery::open(gallery)?;
    let display = Display::start()?;
    let exported = gallery::export(&*gallery, file, &display)?;
    display.finish();
    let Some(exported) = exported else { return Ok(ExitStatus::Stopped) };
    line!(
        "{} photos and {} listed kin pairs written to {}",
        exported.photos,
        exported.relationships,
        file.display()
    );
    Ok(ExitStatus::Done)
}

fn import(file: &Path, gallery: &Path) -> Result<ExitStatus, Failure> {
    let display = Display::start()?;
    let imported = EmbeddedGallery::import(gallery, file, &display)?;
    display.finish();
    let Some(imported) = imported else {
        line!("stopped; run the same command again to resume");
        return Ok(ExitStatus::Stopped);
    };
    line!(
        "{} photos and {} listed kin pairs imported into {}",
        imported.photos,
        imported.relationships,
        gallery.display()
    );
    Ok(ExitStatus::Done)
}

fn print_stats(stats: &Stats) {
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
