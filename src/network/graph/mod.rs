//! A network as a list of operations, with the names and shapes of its weights.
//!
//! [`Builder`] appends operations and tracks shapes. The result is immutable. Shapes leave out the
//! batch axis: a feature map is `[channels, height, width]`, a vector `[width, 1, 1]`.

mod builder;
mod network;
mod operation;
mod stages;

pub use self::builder::{Builder, ConvShape};
pub use self::network::{Network, Node};
pub use self::operation::{BatchNorm, Conv, NodeId, Op, Parameter, ParameterId, Window};
