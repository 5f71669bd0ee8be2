//! Python's pickles, without Python: a stack machine that builds data and calls nothing.
//!
//! A pickle is a program, and can name any function of Python for a call. Weights files need a few
//! dozen of the machine's operations and a handful of functions. These functions only assemble
//! arrays, and are known here (`globals`). Any other name is refused. The operations are those of
//! protocols 0 to 5 (CPython, `Lib/pickletools.py`) that dictionaries of tensors need.
//!
//! Values are stored in one list and refer to each other by index. So a pickle can nest to any
//! depth without deep recursion here. Every operation adds at most one value, one stack entry and
//! one memo entry. The number of operations is limited, and byte strings only come from the file.

mod globals;
mod input;
mod machine;
mod text;
mod value;

pub(super) use self::machine::read;
pub(super) use self::value::{Pickle, Tensor, Value};
