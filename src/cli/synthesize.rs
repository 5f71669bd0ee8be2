//! `kindred dataset synthesize`

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::exit::{ExitStatus, Failure};
use super::output::{line, note};
use super::progress::Display;
use crate::synthetic::{SynthesisPlan, synthesize};

#[derive(Args)]
pub(super) struct Arguments {
    /// Number of families to synthesize
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=9999))]
    families: u32,
    /// Seed of faces and families; the same seed gives the same result
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder to create
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let Arguments { families, seed, out } = arguments;
    let display = Display::start()?;
    let start = Instant::now();
    let plan = SynthesisPlan { families: *families, seed: *seed };
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
