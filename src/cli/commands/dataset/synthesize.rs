//! `kindred dataset synthesize`

use std::path::PathBuf;
use std::time::Instant;

use crate::cli::args::SeedArgs;
use crate::cli::exit::{ExitStatus, Failure};
use crate::cli::output::{line, note};
use crate::cli::progress::Display;
use crate::synthetic::{SynthesisPlan, synthesize};

const EXAMPLES: &str = "\
Examples:
  kindred dataset synthesize --families 100 --seed 7 --out drawn";

#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Number of families to synthesize, 1 to 9999
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=9999))]
    families: u32,
    #[command(flatten)]
    seed: SeedArgs,
    /// Folder to create
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, Failure> {
    let Args { families, seed, out } = args;
    let display = Display::start()?;
    let start = Instant::now();
    let plan = SynthesisPlan { families: *families, seed: seed.seed };
    let drawn = synthesize(out, plan, &display)?;
    display.finish();
    let Some(drawn) = drawn else {
        note!("stopped before all families were drawn; nothing is left of them");
        return Ok(ExitStatus::Stopped);
    };
    line!("families      {families}");
    line!("people        {}", drawn.people);
    line!("photos        {} in {:.1} s", drawn.photos, start.elapsed().as_secs_f64());
    line!("kin pairs     {}", drawn.pairs);
    line!("written to    {}", out.display());
    Ok(ExitStatus::Done)
}
