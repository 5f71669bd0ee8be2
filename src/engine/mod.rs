//! Engines: run a network on a device.
//!
//! A network runs in one of two ways, with one result. On the CPU it is compiled once for this
//! processor (`cpu`). On a GPU it runs operation by operation on candle's tensors (`candle`).

mod backbone;
mod candle;
pub(crate) mod cpu;
mod device;
mod error;
mod interface;
mod load;

pub use backbone::{Backbone, BackboneSpec};
pub(crate) use candle::{Executor, Statistics};
pub use device::{Device, Precision};
pub(crate) use device::{ResolvedDevice, TensorOptions};
pub use error::EngineError;
pub(crate) use interface::{Engine, Maps};
pub(crate) use load::load_engine;
