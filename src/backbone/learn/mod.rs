//! Networks that learn, on the CPU.
//!
//! A network whose operations follow one another (`chain`) runs forward and backward over a batch that is dealt into
//! shards of a fixed size. A shard is a thread's own from the pixels to the gradients, batch statistics included, so
//! threads never wait for each other within a pass, and the result does not depend on how many there are; that its
//! statistics are those of few images does a network good (Hoffer, Hubara and Soudry 2017, "ghost batch normalisation").
//!
//! In a shard values lie channel by channel, in a channel image by image: `(channels, n, height, width)`. So a
//! convolution is a matrix product over all images, and a channel's statistics are sums over values side by side.
//!
//! On a GPU shards go the same way on candle's tensors (`tensors`), one after the other. On a CPU candle's convolutions take
//! several times as long, backward more than forward; a test holds the gradients of both ways equal.
//!
//! A network that has learned may be given more values for its embedding ([`Projection`]), or more channels, with which it
//! goes on learning (`widen`).
//!
//! The last stage alone of a network of any shape learns on candle's tensors, too ([`LastStage`]).

mod adam;
mod chain;
mod checkpoint;
mod convolution;
mod distillation;
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

pub use adam::Schedule;
pub use distillation::{Lesson, Loss};
pub use last_stage::LastStage;
pub use projection::{Axes, Projection};
pub use student::Student;
pub use teacher::Teacher;
