//! Backbones of a bundle as text.

use serde_json::json;

use crate::bundle::BackboneEntry;
use crate::cli::exit::Failure;
use crate::cli::output::line;

/// Prints a backbone of a manifest.
pub(crate) fn print_backbone(backbone: &BackboneEntry) -> Result<(), Failure> {
    let BackboneEntry { name, network, preprocessing, weights, sha256 } = backbone;
    let shapes = network.network()?;
    let size = shapes.input_size();
    line!("backbone      {name}, {size} × {size} pixels to {} values", shapes.output_width());
    line!("network       {}", json!(network));
    line!("preprocessing {}", json!(preprocessing));
    line!("weights       {weights}, SHA-256 {sha256}");
    Ok(())
}
