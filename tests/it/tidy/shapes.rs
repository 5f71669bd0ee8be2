//! Parameters, `let` of tuples and closures with a name.

use super::facts::{Function, NamedClosure, Parameter, TupleLet};
use super::report::{Count, Finding, assert_none, in_files};
use super::source::SourceFile;

const MAX_PARAMETERS: usize = 4;

#[test]
fn parameters_are_no_tuples() {
    assert_none(&in_files(tuple_parameters));
}

#[test]
fn parameters_are_no_bools() {
    assert_none(&in_files(bool_parameters));
}

#[test]
fn functions_have_at_most_four_parameters() {
    assert_none(&in_files(many_parameters));
}

#[test]
fn one_let_binds_one_value() {
    assert_none(&in_files(tuple_lets));
}

#[test]
fn named_closures_stay_at_their_ceiling() {
    named_closures().assert_at_ceiling();
}

#[test]
fn closures_used_once_stay_at_their_ceiling() {
    closures_used_once().assert_at_ceiling();
}

pub fn named_closures() -> Count {
    Count::new("named closures", in_files(|file| closures(file, |_| true)))
}

pub fn closures_used_once() -> Count {
    let findings = in_files(|file| closures(file, |closure| closure.uses == 1));
    Count::new("named closures used once", findings)
}

fn tuple_parameters(file: &SourceFile) -> Vec<Finding> {
    parameters(file, |parameter| parameter.tuple_elements > 0, "a tuple; pass a struct with a name")
}

fn bool_parameters(file: &SourceFile) -> Vec<Finding> {
    let remedy = "a bool; pass an enum, or write two functions";
    parameters(file, |parameter| parameter.is_bool, remedy)
}

fn parameters(
    file: &SourceFile,
    is_wrong: impl Fn(&Parameter) -> bool,
    remedy: &str,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for function in &file.facts.functions {
        for parameter in function.parameters.iter().filter(|parameter| is_wrong(parameter)) {
            let message =
                format!("parameter `{}` of `{}` is {remedy}", parameter.text, function.name);
            findings.push(Finding::new(file, function.line, message));
        }
    }
    findings
}

fn many_parameters(file: &SourceFile) -> Vec<Finding> {
    let functions = file.facts.functions.iter();
    let too_many = functions.filter(|function| function.parameter_count() > MAX_PARAMETERS);
    too_many.map(|function| Finding::new(file, function.line, too_many_message(function))).collect()
}

fn too_many_message(function: &Function) -> String {
    format!(
        "`{}` has {} parameters, at most {MAX_PARAMETERS}; find the struct that some of them form",
        function.name,
        function.parameter_count()
    )
}

fn tuple_lets(file: &SourceFile) -> Vec<Finding> {
    let lets = file.facts.tuple_lets.iter();
    lets.map(|tuple| Finding::new(file, tuple.line, tuple_let_message(tuple))).collect()
}

fn tuple_let_message(tuple: &TupleLet) -> String {
    format!("`let {} = (…)` binds several values; write one `let` for each", tuple.pattern)
}

fn closures(file: &SourceFile, is_counted: impl Fn(&NamedClosure) -> bool) -> Vec<Finding> {
    let closures = file.facts.closures.iter().filter(|closure| is_counted(closure));
    closures.map(|closure| Finding::new(file, closure.line, closure_message(closure))).collect()
}

fn closure_message(closure: &NamedClosure) -> String {
    let remedy = match closure.uses {
        1 => "used once; write it where it is used, or make it a function",
        _ => "make it a function",
    };
    format!("closure `{}`: {remedy}", closure.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> SourceFile {
        SourceFile::parse("gallery/part.rs", text)
    }

    #[test]
    fn tuple_parameter_is_found() {
        let findings = tuple_parameters(&parse(
            "struct A;\nimpl A {\n    fn f(&self, size: &(u32, u32), name: Option<(u8, u8)>) {}\n}",
        ));
        assert_eq!(findings.len(), 1);
        assert_eq!(
            findings[0].to_string(),
            "src/gallery/part.rs:3: parameter `size: &(u32, u32)` of `f` is a tuple; \
             pass a struct with a name"
        );
    }

    #[test]
    fn bool_parameter_is_found_alone_in_a_tuple_and_in_a_macro() {
        let text = "fn f(a: bool) {}\ntrait T { fn g((b, c): (bool, u8)); }\n\
                    macro_rules! m { ($x:ident) => { fn $x(d: bool) {} } }\nfn h(e: Vec<bool>) {}";
        let lines: Vec<_> = bool_parameters(&parse(text)).iter().map(|f| f.line).collect();
        assert_eq!(lines, [1, 2, 3]);
    }

    #[test]
    fn elements_of_a_tuple_count_as_parameters() {
        let text = "fn f(a: u8, b: u8, (c, d, e): (u8, u8, u8)) {}\n\
                    impl A { fn g(self: &Self, a: u8, b: u8, c: u8, d: u8) {} }";
        let findings = many_parameters(&parse(text));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].message.starts_with("`f` has 5 parameters"));
    }

    #[test]
    fn let_of_a_tuple_literal_is_found() {
        let text = "fn f() { let (a, b): (u8, u8) = (1, 2); let (c, d) = g();\n\
                    let (Some(e), 1) = (a, c) else { return }; }";
        assert_eq!(tuple_lets(&parse(text)).len(), 1);
    }

    #[test]
    fn uses_of_closures_are_counted_in_nested_code_and_macros() {
        let text = "fn f() {\nlet once = |x| x + 1;\nlet twice = move || 2;\n\
                    let called: u8 = { once(twice()) };\nprintln!(\"{}\", twice());\n}";
        let file = parse(text);
        let uses: Vec<_> = file.facts.closures.iter().map(|closure| closure.uses).collect();
        assert_eq!(uses, [1, 2]);
        assert_eq!(closures(&file, |closure| closure.uses == 1)[0].line, 2);
    }
}
