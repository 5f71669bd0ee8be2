//! Training of networks.
//!
//! A network is a chain of operations (`chain`). It runs forward and backward over a batch that is
//! split into shards of a fixed size. One thread processes a shard from the pixels to the
//! gradients, including batch statistics. So threads never wait for each other within a pass, and
//! the result does not depend on their number. The small batches for the statistics improve a
//! network (Hoffer, Hubara and Soudry 2017, "ghost batch normalization").
//!
//! In a shard, values are ordered by channel, then by image: `(channels, n, height, width)`. So a
//! convolution is a matrix product over all images. A channel's statistics are sums over adjacent
//! values.
//!
//! On a GPU, shards run one after the other on candle's tensors (`tensors`). On a CPU candle's
//! convolutions take several times as long, backward more than forward. A test checks that both
//! ways have equal gradients.
//!
//! A trained network can get more values in its embedding ([`Projection`]). It can also get more
//! channels, and its training then resumes (`widen`).
//!
//! The last stage of a network of any shape is trained on candle's tensors, too ([`LastStage`]).

mod adamw;
mod chain;
mod checkpoint;
mod convolution;
mod distillation;
mod error;
mod fold;
mod hint;
mod last_stage;
mod layer;
mod norm;
mod pointwise;
mod pool;
mod projection;
mod shard;
mod student;
mod teacher;
mod tensors;
mod unfold;
mod vector;
mod widen;

pub use adamw::Schedule;
pub use distillation::{Distillation, Loss, StudentOptions};
pub use error::NetworkTrainingError;
pub use last_stage::LastStage;
pub use projection::{Axes, Projection};
pub use student::Student;
pub use teacher::Teacher;
