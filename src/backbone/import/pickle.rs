//! A reader of pickles that runs no code.
//!
//! A pickle is a program for a stack machine that builds objects, and may call any function of Python. This machine
//! knows the operations and the few functions that weights need; what a function would make is built here, by hand. All
//! else is refused by name. Operations are those of Python's `pickletools`, protocols 0 to 5.

use std::cell::RefCell;
use std::io::BufRead;
use std::rc::Rc;

use super::source::Source;
use super::value::{Global, Value};
use super::{Fault, broken};

/// Objects on the stack and in the memo: far more than any file of weights has.
const MAX_OBJECTS: usize = 1 << 22;

/// Reads one pickle, up to its stop.
pub(super) fn read<R: BufRead>(source: &mut Source<R>) -> Result<Value, Fault> {
    let mut machine = Machine::default();
    loop {
        let [operation] = source.array()?;
        if operation == b'.' {
            return machine.pop();
        }
        machine.step(operation, source)?;
        if machine.stack.len() + machine.memo.len() > MAX_OBJECTS {
            return broken("it has too many objects");
        }
    }
}

#[derive(Default)]
struct Machine {
    stack: Vec<Value>,
    /// Where the stack was when each open mark was set.
    marks: Vec<usize>,
    memo: std::collections::HashMap<u32, Value>,
}

impl Machine {
    fn step<R: BufRead>(&mut self, operation: u8, source: &mut Source<R>) -> Result<(), Fault> {
        match operation {
            // PROTO, FRAME: nothing to do.
            0x80 => drop(source.array::<1>()?),
            0x95 => drop(source.array::<8>()?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.after_mark()?),
            b'2' => self.stack.push(self.top()?.clone()),
            b')' | b't' | 0x85..=0x87 => self.tuple(operation)?,
            b']' | b'l' | b'a' | b'e' => self.list(operation)?,
            b'}' | b'd' | b's' | b'u' => self.dict(operation)?,
            b'g' | b'h' | b'j' | b'p' | b'q' | b'r' | 0x94 => self.remember(operation, source)?,
            b'c' | 0x93 | b'R' | 0x81 | b'b' | b'Q' => self.make(operation, source)?,
            _ => {
                let value = literal(operation, source)?;
                self.stack.push(value);
            }
        }
        Ok(())
    }

    fn tuple(&mut self, operation: u8) -> Result<(), Fault> {
        let items = match operation {
            b')' => Vec::new(),
            b't' => self.after_mark()?,
            _ => self.last(usize::from(operation - 0x84))?,
        };
        self.stack.push(Value::Tuple(items.into()));
        Ok(())
    }

    fn list(&mut self, operation: u8) -> Result<(), Fault> {
        let items = match operation {
            b']' => Vec::new(),
            b'a' => self.last(1)?,
            _ => self.after_mark()?,
        };
        match (operation, self.stack.last()) {
            (b']' | b'l', _) => self.stack.push(Value::List(Rc::new(RefCell::new(items)))),
            (_, Some(Value::List(list))) => list.borrow_mut().extend(items),
            _ => return broken("something is appended to what is no list"),
        }
        Ok(())
    }

    fn dict(&mut self, operation: u8) -> Result<(), Fault> {
        let items = match operation {
            b'}' => Vec::new(),
            b's' => self.last(2)?,
            _ => self.after_mark()?,
        };
        let (pairs, rest) = items.as_chunks::<2>();
        let pairs = pairs.iter().map(|[key, value]| (key.clone(), value.clone()));
        match (operation, self.stack.last()) {
            _ if !rest.is_empty() => return broken("a dictionary's key has no value"),
            (b'}' | b'd', _) => {
                let pairs = pairs.collect();
                self.stack.push(Value::Dict(Rc::new(RefCell::new(pairs))));
            }
            (_, Some(Value::Dict(dict))) => dict.borrow_mut().extend(pairs),
            _ => return broken("an entry is put in what is no dictionary"),
        }
        Ok(())
    }

    /// Puts the top of the stack in the memo, or gets it from there.
    fn remember<R: BufRead>(&mut self, operation: u8, source: &mut Source<R>) -> Result<(), Fault> {
        let key = match operation {
            b'g' | b'p' => source.line()?.parse().or_else(|_| broken("a memo has no number"))?,
            b'h' | b'q' => u32::from(source.array::<1>()?[0]),
            b'j' | b'r' => u32::from_le_bytes(source.array()?),
            _ => self.memo.len() as u32,
        };
        if matches!(operation, b'g' | b'h' | b'j') {
            let Some(value) = self.memo.get(&key) else { return broken("a memo is empty") };
            self.stack.push(value.clone());
        } else {
            self.memo.insert(key, self.top()?.clone());
        }
        Ok(())
    }

    /// Names, calls and states.
    fn make<R: BufRead>(&mut self, operation: u8, source: &mut Source<R>) -> Result<(), Fault> {
        let value = match operation {
            b'c' => {
                let (module, name) = (source.line()?, source.line()?);
                Value::Global(Global::named(&module, &name)?)
            }
            0x93 => match &self.last(2)?[..] {
                [Value::Text(module), Value::Text(name)] => {
                    Value::Global(Global::named(module, name)?)
                }
                _ => return broken("a global has no name"),
            },
            b'Q' => Value::Persistent(Rc::new(self.pop()?)),
            b'b' => {
                let state = self.pop()?;
                self.give_state(state)?;
                return Ok(());
            }
            _ => match &self.last(2)?[..] {
                [Value::Global(function), Value::Tuple(arguments)] => call(*function, arguments)?,
                _ => return broken("something is called that is no function"),
            },
        };
        self.stack.push(value);
        Ok(())
    }

    /// Dictionaries may have attributes of their own, which no weights are in.
    fn give_state(&mut self, state: Value) -> Result<(), Fault> {
        match self.top()? {
            Value::Made(_, _, slot) => *slot.borrow_mut() = Some(state),
            Value::Dict(_) => {}
            _ => return broken("a state is given to what has none"),
        }
        Ok(())
    }

    fn top(&self) -> Result<&Value, Fault> {
        let closed = self.marks.last() == Some(&self.stack.len());
        match self.stack.last() {
            Some(value) if !closed => Ok(value),
            _ => broken("its stack is empty"),
        }
    }

    fn pop(&mut self) -> Result<Value, Fault> {
        self.top()?;
        self.stack.pop().map_or_else(|| broken("its stack is empty"), Ok)
    }

    /// The `count` topmost objects, the last one on top.
    fn last(&mut self, count: usize) -> Result<Vec<Value>, Fault> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len().checked_sub(count) {
            Some(start) if start >= floor => Ok(self.stack.split_off(start)),
            _ => broken("its stack is empty"),
        }
    }

    fn after_mark(&mut self) -> Result<Vec<Value>, Fault> {
        match self.marks.pop() {
            Some(mark) => Ok(self.stack.split_off(mark)),
            None => broken("a mark is missing"),
        }
    }
}

/// What a function makes of its arguments.
fn call(function: Global, arguments: &Rc<[Value]>) -> Result<Value, Fault> {
    match (function, &arguments[..]) {
        (Global::OrderedDict, []) => Ok(Value::Dict(Rc::default())),
        (Global::OrderedDict, [Value::List(items)]) => {
            let pair = |item: &Value| match item {
                Value::List(pair) if pair.borrow().len() == 2 => {
                    Ok((pair.borrow()[0].clone(), pair.borrow()[1].clone()))
                }
                Value::Tuple(pair) if pair.len() == 2 => Ok((pair[0].clone(), pair[1].clone())),
                _ => broken("a dictionary's entry is no pair"),
            };
            let pairs = items.borrow().iter().map(pair).collect::<Result<Vec<_>, _>>()?;
            Ok(Value::Dict(Rc::new(RefCell::new(pairs))))
        }
        (Global::Parameter, [tensor, ..]) => Ok(tensor.clone()),
        (Global::Encode, [Value::Text(text), ..]) => {
            let byte = |c: char| u8::try_from(c).or_else(|_| broken("a text is not latin1"));
            Ok(Value::Bytes(text.chars().map(byte).collect::<Result<_, _>>()?))
        }
        // `bytes()`, which Python 2 did not have.
        (Global::Encode, []) => Ok(Value::Bytes(Rc::default())),
        _ => Ok(Value::Made(function, arguments.clone(), Rc::default())),
    }
}

/// A number or a string.
fn literal<R: BufRead>(operation: u8, source: &mut Source<R>) -> Result<Value, Fault> {
    Ok(match operation {
        b'N' => Value::None,
        0x88 => Value::Bool(true),
        0x89 => Value::Bool(false),
        b'K' => Value::Int(source.array::<1>()?[0].into()),
        b'M' => Value::Int(u16::from_le_bytes(source.array()?).into()),
        b'J' => Value::Int(i32::from_le_bytes(source.array()?).into()),
        b'I' => match source.line()?.as_str() {
            "00" => Value::Bool(false),
            "01" => Value::Bool(true),
            text => integer(text)?,
        },
        b'L' => integer(source.line()?.trim_end_matches('L'))?,
        b'F' => {
            source.line()?;
            Value::Number
        }
        b'G' => {
            source.array::<8>()?;
            Value::Number
        }
        0x8a => {
            let len = source.array::<1>()?[0].into();
            long(&source.bytes(len)?)
        }
        0x8b => {
            let len = u32::from_le_bytes(source.array()?).into();
            long(&source.bytes(len)?)
        }
        b'X' | 0x8c | 0x8d => text(source, operation)?,
        b'V' => Value::Text(source.line()?.into()),
        b'S' => Value::Text(source.line()?.trim_matches(['\'', '"']).into()),
        b'U' | b'T' | b'B' | b'C' | 0x8e | 0x96 => {
            let len = length(source, operation)?;
            Value::Bytes(source.bytes(len)?.into())
        }
        _ => {
            return broken(format!(
                "it has an operation that weights do not need, {operation:#04x}"
            ));
        }
    })
}

fn text<R: BufRead>(source: &mut Source<R>, operation: u8) -> Result<Value, Fault> {
    let len = length(source, operation)?;
    match String::from_utf8(source.bytes(len)?) {
        Ok(text) => Ok(Value::Text(text.into())),
        Err(_) => broken("a text is no UTF-8"),
    }
}

/// The length of a string, in as many bytes as its operation has for it.
fn length<R: BufRead>(source: &mut Source<R>, operation: u8) -> Result<u64, Fault> {
    Ok(match operation {
        b'U' | b'C' | 0x8c => source.array::<1>()?[0].into(),
        b'T' | b'B' | b'X' => u32::from_le_bytes(source.array()?).into(),
        _ => u64::from_le_bytes(source.array()?),
    })
}

fn integer(text: &str) -> Result<Value, Fault> {
    text.parse().map(Value::Int).or_else(|_| broken("a number is no number"))
}

/// Two's complement, the lowest byte first.
fn long(bytes: &[u8]) -> Value {
    if bytes.len() > 8 {
        return Value::Number;
    }
    let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
    let mut wide = [if negative { 0xff } else { 0 }; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    Value::Int(i64::from_le_bytes(wide))
}
