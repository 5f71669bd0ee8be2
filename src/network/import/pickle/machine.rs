//! The stack machine: one operation after the other.

use std::collections::HashMap;
use std::io::BufRead;

use super::globals;
use super::input::Input;
use super::text::{integer, unescape, unquote};
use super::value::{Global, Id, Pickle, Value, name};
use crate::network::import::fault::{Fault, damaged};

/// Maximum number of operations, far more than the weights of any network need.
const MAX_STEPS: usize = 1_000_000;

/// Reads one pickle, up to its end, from at most `bytes` bytes.
///
/// # Errors
/// - `Fault::Broken` if it is damaged.
/// - `Fault::Code` if it names a function that is not known here.
pub(in crate::network::import) fn read(
    input: &mut impl BufRead,
    bytes: u64,
) -> Result<Pickle, Fault> {
    let mut machine = Machine {
        input: Input::new(input),
        values: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        steps: MAX_STEPS,
        bytes,
    };
    loop {
        machine.spend(1)?;
        match machine.input.byte()? {
            b'.' => break,
            opcode => machine.step(opcode)?,
        }
    }
    let root = machine.pop()?;
    Ok(Pickle { values: machine.values, root })
}

struct Machine<'a, R> {
    input: Input<'a, R>,
    values: Vec<Value>,
    stack: Vec<Id>,
    /// Stack heights of the open brackets.
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
    /// Remaining steps.
    steps: usize,
    /// Bytes that may still be created from strings: those of the file, each once.
    bytes: u64,
}

impl<R: BufRead> Machine<'_, R> {
    fn step(&mut self, opcode: u8) -> Result<(), Fault> {
        match opcode {
            // The protocol's version, and the length of a frame.
            0x80 => self.input.fixed::<1>().map(drop),
            0x95 => self.input.fixed::<8>().map(drop),
            b'N' | b'I' | b'J' | b'K' | b'M' | b'L' | 0x88..=0x8a | b'F' | b'G' => {
                let value = self.number(opcode)?;
                self.push(value);
                Ok(())
            }
            b'S' | b'T' | b'U' | b'B' | b'C' | 0x8e | 0x96 | b'V' | b'X' | 0x8c | 0x8d => {
                let value = self.text(opcode)?;
                self.push(value);
                Ok(())
            }
            b'(' => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            b')' | 0x85..=0x87 | b't' | b']' | b'l' | b'}' | b'd' => self.collect(opcode),
            b'a' | b'e' | b's' | b'u' => self.extend(opcode),
            b'p' | b'q' | b'r' | 0x94 | b'g' | b'h' | b'j' => self.memoize(opcode),
            b'c' | b'i' | 0x93 => self.global(opcode),
            b'R' => self.reduce(),
            b'b' => self.build(),
            b'Q' => {
                let id = self.pop()?;
                let storage = globals::storage(&self.values, id)?;
                self.push(storage);
                Ok(())
            }
            _ => Err(damaged(format!("operation {opcode:#04x} is none that weights need"))),
        }
    }

    /// Reads `None`, a number or a boolean.
    fn number(&mut self, opcode: u8) -> Result<Value, Fault> {
        Ok(match opcode {
            b'N' => Value::Ignored,
            b'G' => {
                self.input.fixed::<8>()?;
                Value::Ignored
            }
            b'F' => {
                self.input.line()?;
                Value::Ignored
            }
            0x88 => Value::Int(1),
            0x89 => Value::Int(0),
            b'K' => Value::Int(self.input.byte()?.into()),
            b'M' => Value::Int(u16::from_le_bytes(self.input.fixed()?).into()),
            b'J' => Value::Int(i32::from_le_bytes(self.input.fixed()?).into()),
            0x8a => {
                let len = self.input.byte()?;
                let bytes = self.input.take_bytes(len.into())?;
                Value::Int(integer(&bytes)?)
            }
            _ => {
                let line = self.input.line()?;
                let digits = std::str::from_utf8(&line).ok().map(|line| line.trim_end_matches('L'));
                let number = digits.and_then(|digits| digits.parse().ok());
                Value::Int(number.ok_or_else(|| damaged("a number is none"))?)
            }
        })
    }

    /// Reads a string or byte string.
    fn text(&mut self, opcode: u8) -> Result<Value, Fault> {
        Ok(match opcode {
            b'S' => Value::Bytes(unquote(&self.input.line()?)?),
            b'V' => Value::Text(unescape(&self.input.line()?)?),
            _ => {
                let len = match opcode {
                    b'U' | b'C' | 0x8c => self.input.byte()?.into(),
                    b'T' | b'B' | b'X' => u32::from_le_bytes(self.input.fixed()?).into(),
                    _ => u64::from_le_bytes(self.input.fixed()?),
                };
                let bytes = self.input.take_bytes(len)?;
                if matches!(opcode, b'X' | 0x8c | 0x8d) {
                    let text = String::from_utf8(bytes);
                    Value::Text(text.map_err(|_| damaged("a text is no UTF-8"))?)
                } else {
                    Value::Bytes(bytes)
                }
            }
        })
    }

    /// Builds a tuple, list or dictionary.
    fn collect(&mut self, opcode: u8) -> Result<(), Fault> {
        let items = match opcode {
            b')' | b']' | b'}' => Vec::new(),
            b't' | b'l' | b'd' => self.pop_to_mark()?,
            // One, two or three values from the top.
            _ => {
                let count = usize::from(opcode - 0x84);
                let first = self.stack.len().checked_sub(count);
                self.stack.split_off(first.ok_or_else(nothing_there)?)
            }
        };
        let value = match opcode {
            b']' | b'l' => Value::List(items),
            b'}' | b'd' => Value::Dict(pairs(&items)?),
            _ => Value::Tuple(items),
        };
        self.push(value);
        Ok(())
    }

    /// Adds one or more items to the list or dictionary below them on the stack.
    fn extend(&mut self, opcode: u8) -> Result<(), Fault> {
        let items = match opcode {
            b'a' => vec![self.pop()?],
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                vec![key, value]
            }
            _ => self.pop_to_mark()?,
        };
        let target = *self.stack.last().ok_or_else(nothing_there)?;
        match (&mut self.values[target], opcode) {
            (Value::List(list), b'a' | b'e') => list.extend(items),
            (Value::Dict(dict), b's' | b'u') => dict.extend(pairs(&items)?),
            _ => return Err(damaged("items are put into something that takes none")),
        }
        Ok(())
    }

    /// Stores the top of the stack in the memo, or pushes a stored value.
    fn memoize(&mut self, opcode: u8) -> Result<(), Fault> {
        let key = match opcode {
            b'p' | b'g' => {
                let line = self.input.line()?;
                let number = std::str::from_utf8(&line).ok().and_then(|line| line.parse().ok());
                number.ok_or_else(|| damaged("a number is none"))?
            }
            b'q' | b'h' => self.input.byte()?.into(),
            b'r' | b'j' => u32::from_le_bytes(self.input.fixed()?).into(),
            _ => self.memo.len() as u64,
        };
        if matches!(opcode, b'g' | b'h' | b'j') {
            let id = self.memo.get(&key).ok_or_else(|| damaged("it refers to nothing"))?;
            self.stack.push(*id);
        } else {
            self.memo.insert(key, *self.stack.last().ok_or_else(nothing_there)?);
        }
        Ok(())
    }

    fn global(&mut self, opcode: u8) -> Result<(), Fault> {
        let global = if opcode == 0x93 {
            let name_id = self.pop()?;
            let module = self.pop()?;
            globals::find(name(&self.values, module)?, name(&self.values, name_id)?)?
        } else {
            let module = self.input.name_line()?;
            let name = self.input.name_line()?;
            globals::find(&module, &name)?
        };
        if opcode == b'i' {
            return Err(damaged("it makes an instance of a class, which no weights need"));
        }
        self.push(Value::Global(global));
        Ok(())
    }

    fn reduce(&mut self) -> Result<(), Fault> {
        let arguments = self.pop()?;
        let function = self.pop()?;
        let (Value::Tuple(arguments), Value::Global(global)) =
            (&self.values[arguments], &self.values[function])
        else {
            return Err(damaged("it calls something that is no function"));
        };
        // A call creates new values from an existing list or string, so they are counted.
        let (items, bytes) = match (global, arguments.first().map(|first| &self.values[*first])) {
            (Global::OrderedDict, Some(Value::List(list))) => (list.len(), 0),
            (Global::Encode, Some(Value::Text(text))) => (0, text.len()),
            _ => (0, 0),
        };
        let result = globals::call(&self.values, *global, arguments)?;
        self.spend(items)?;
        let left = self.bytes.checked_sub(bytes as u64);
        self.bytes = left.ok_or_else(|| damaged("it makes more bytes than it has"))?;
        self.push(result);
        Ok(())
    }

    fn build(&mut self) -> Result<(), Fault> {
        let state = self.pop()?;
        let target = *self.stack.last().ok_or_else(nothing_there)?;
        if let Some(built) = globals::build(&self.values, target, state)? {
            self.values[target] = built;
        }
        Ok(())
    }

    fn spend(&mut self, steps: usize) -> Result<(), Fault> {
        let left = self.steps.checked_sub(steps);
        self.steps = left.ok_or_else(|| damaged("it has more operations than weights need"))?;
        Ok(())
    }

    fn push(&mut self, value: Value) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    fn pop(&mut self) -> Result<Id, Fault> {
        self.stack.pop().ok_or_else(nothing_there)
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>, Fault> {
        let mark = self.marks.pop().filter(|mark| *mark <= self.stack.len());
        Ok(self.stack.split_off(mark.ok_or_else(nothing_there)?))
    }
}

fn nothing_there() -> Fault {
    damaged("an operation needs more than is there")
}

fn pairs(items: &[Id]) -> Result<Vec<(Id, Id)>, Fault> {
    let (pairs, rest) = items.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(damaged("a dictionary has a key without a value"));
    }
    Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
}
