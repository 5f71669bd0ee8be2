//! Import of published weights from the frameworks they were trained in.
//!
//! [`read_checkpoint`] detects the format by its content and reads the tensors. [`import_weights`]
//! finds their network. It gives the tensors the names and layouts of
//! [`super::architectures::Architecture`].
//!
//! No code in a file is run, and no size in it is trusted: sizes are checked against the file
//! before memory is allocated. All tensors together are not much larger than the file.

mod budget;
mod checkpoint;
mod fault;
mod keras;
mod mapping;
mod naming;
mod numpy;
mod pickle;
mod tensor_layout;
mod torch;
mod torch_legacy;
mod torch_zip;

pub use self::checkpoint::{Checkpoint, Format, read_checkpoint};
pub use self::mapping::{ImportedWeights, import_weights};
