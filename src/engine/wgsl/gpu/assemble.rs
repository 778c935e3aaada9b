//! How a kernel's text is put together: its own file, the files that it imports, constants from Rust, and an entry point.
//!
//! A file says at its top `#import norm, tile` for `common/norm.wgsl`, `common/tile.wgsl` and what those import, each of
//! them once; a name with a slash is a path below `shaders/`. A kernel is one function, around which the entry point is
//! written:
//! - `fn each(i: u32)`, for every i below `args.n`, which the call gives;
//! - `fn every(id: vec3<u32>)`, for every invocation of the workgroups that the call gives;
//! - `fn together(group: vec3<u32>, lane: u32)`, for the lanes of a workgroup, which share its memory.
//!
//! A `struct Args` names the kernel's other arguments.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Texts of WGSL files by their names below `shaders/`, without `.wgsl`.
pub type Texts = BTreeMap<String, Cow<'static, str>>;

/// What kernels are built with or without: for the first layer; for draws to come; for learning from the draws;
/// for agents that are listed.
const FLAGS: [&str; 4] = ["FIRST", "DRAWS", "LOG_PROBS", "LISTED"];

/// Names that the WGSL text may use as constants.
#[derive(Debug, Clone, Default)]
pub struct Constants {
    lines: String,
    flags: Vec<&'static str>,
    spaces: Vec<(&'static str, &'static str)>,
}

impl Constants {
    /// A whole number.
    pub fn whole(&mut self, name: &str, value: usize) {
        let _ = writeln!(self.lines, "const {name} = {value}u;");
    }

    /// A line of WGSL.
    pub fn line(&mut self, line: &str) {
        let _ = writeln!(self.lines, "{line}");
    }

    /// The same for kernels of the first layer, which know FIRST.
    pub fn of_layer(&self, layer: usize) -> Self {
        if layer == 0 { self.with("FIRST") } else { self.clone() }
    }

    /// The same where one of `FLAGS` is true.
    pub fn with(&self, flag: &'static str) -> Self {
        assert!(FLAGS.contains(&flag), "no kernel asks for {flag}");
        let mut constants = self.clone();
        constants.flags.push(flag);
        constants
    }

    /// What `var<name>` stands for: where a layer's weights are bound.
    pub fn space(&mut self, name: &'static str, space: &'static str) {
        self.spaces.push((name, space));
    }
}

/// A line of a file: the file's place in the list of files, and its number there.
#[derive(Clone, Debug)]
struct Line<'a> {
    text: Cow<'a, str>,
    file: usize,
    number: usize,
}

/// A kernel's text, each line of which knows where it comes from.
#[derive(Debug)]
pub struct Assembled {
    /// For the compiler.
    pub text: String,
    /// Whether the kernel is `fn each`, whose argument `n` says how often it runs.
    pub each: bool,
    files: Vec<String>,
    /// Of each line: the file, the line there, and how many of its columns are as they are there.
    places: Vec<(usize, usize, usize)>,
}

impl Assembled {
    /// The file, line and column of a place in the text, counted from 1, as editors read it.
    pub fn place(&self, line: usize, column: usize) -> String {
        match self.places.get(line.wrapping_sub(1)) {
            Some(&(file, number, same)) => place(&self.files[file], number, column.min(same + 1)),
            None => "what Rust adds".to_owned(),
        }
    }
}

fn place(file: &str, line: usize, column: usize) -> String {
    format!("shaders/{file}.wgsl:{line}:{column}")
}

/// A kernel's text with loops written out.
///
/// # Errors
/// A sentence that begins with the place of the fault.
pub fn assemble(texts: &Texts, kernel: &str, constants: &Constants) -> Result<Assembled, String> {
    let mut files = vec![kernel.to_owned()];
    let (mut lines, mut at) = (Vec::new(), 0);
    while let Some(file) = files.get(at).cloned() {
        let text = texts.get(&file).ok_or_else(|| format!("there is no shaders/{file}.wgsl"))?;
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(names) = line.strip_prefix("#import ") {
                for name in names.split(',').map(str::trim) {
                    let name = if name.contains('/') { name.to_owned() } else { format!("common/{name}") };
                    if !texts.contains_key(&name) {
                        return Err(format!("{}: there is no shaders/{name}.wgsl to import", place(&file, number, 1)));
                    }
                    if !files.contains(&name) {
                        files.push(name);
                    }
                }
            }
            let shown = if line.starts_with('#') { "" } else { line };
            lines.push(Line { text: shown.into(), file: at, number });
        }
        at += 1;
    }
    let own = texts.get(kernel).map_or("", |text| text);
    let each = own.contains("fn each(");
    let rust = rest(own, constants)
        .ok_or_else(|| format!("{}: no function `each`, `every` or `together`", place(kernel, 1, 1)))?;
    let numbers: BTreeMap<&str, u32> =
        rust.lines().chain(lines.iter().map(|line| &*line.text)).filter_map(number).collect();
    let lines = unrolled(&lines, &numbers).map_err(|line| {
        let why = "`// unrolled` stands behind `for (var i = 0u; i < N; i++) {`, N a number or a constant, and the loop ends in \
                   a line of its own";
        format!("{}: {why}", place(&files[line.file], line.number, 1))
    })?;
    let (mut text, mut places) = (String::new(), Vec::new());
    for line in lines {
        let mut shown = line.text.to_string();
        if each && line.text.starts_with("struct Args {") {
            shown = shown.replacen("struct Args {", "struct Args { n: u32,", 1);
        }
        for (name, space) in &constants.spaces {
            shown = shown.replace(&format!("var<{name}>"), &format!("var<{space}>"));
        }
        let same = shown.chars().zip(line.text.chars()).take_while(|(a, b)| a == b).count();
        places.push((line.file, line.number, if shown == line.text { usize::MAX - 1 } else { same }));
        text += &shown;
        text.push('\n');
    }
    Ok(Assembled { text: text + &rust, each, files, places })
}

/// What follows a kernel's own text: constants, and the entry point; none where there is nothing to enter.
fn rest(kernel: &str, constants: &Constants) -> Option<String> {
    const GROUP: &str = "@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32";
    let (parameters, body) = if kernel.contains("fn each(") {
        let body = "let i = (group.y * groups.x + group.x) * LANES + lane;\nif i < args.n { each(i); }";
        (format!("{GROUP}, @builtin(num_workgroups) groups: vec3<u32>"), body)
    } else if kernel.contains("fn every(") {
        ("@builtin(global_invocation_id) id: vec3<u32>".to_owned(), "every(id);")
    } else if kernel.contains("fn together(") {
        (GROUP.to_owned(), "together(group, lane);")
    } else {
        return None;
    };
    let mut rest = constants.lines.clone();
    for flag in FLAGS {
        let _ = writeln!(rest, "const {flag} = {};", constants.flags.contains(&flag));
    }
    let named = kernel.contains("struct Args {");
    if !named && kernel.contains("fn each(") {
        rest += "struct Args { n: u32 }\n";
    }
    if named || kernel.contains("fn each(") {
        rest += "var<immediate> args: Args;\n";
    }
    let _ = writeln!(rest, "@compute @workgroup_size(LANES)\nfn main({parameters}) {{\n{body}\n}}");
    Some(rest)
}

/// The constant that a line declares, where it is a whole number.
fn number(line: &str) -> Option<(&str, u32)> {
    let (name, value) = line.strip_prefix("const ")?.split_once(" = ")?;
    Some((name, value.split_once("u;")?.0.parse().ok()?))
}

/// Writes out the loops that are marked `// unrolled`, each time with the counter as a constant: an array that a counter
/// indexes lies in memory wherever a driver thinks the loop too long to unroll it.
///
/// # Errors
/// The line of a mark that stands elsewhere.
fn unrolled<'a>(lines: &[Line<'a>], numbers: &BTreeMap<&str, u32>) -> Result<Vec<Line<'a>>, Line<'a>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let Some(head) = line.text.trim_start().strip_suffix("{ // unrolled") else {
            out.push(line.clone());
            at += 1;
            continue;
        };
        let parts = head.strip_prefix("for (var ").and_then(|rest| {
            let (counter, rest) = rest.split_once(" = 0u; ")?;
            let bound = rest.strip_prefix(counter)?.strip_prefix(" < ")?.split_once(';')?.0;
            let times = numbers.get(bound).copied().or_else(|| bound.strip_suffix('u')?.parse().ok())?;
            Some((counter.to_owned(), times))
        });
        let (counter, times) = parts.ok_or_else(|| line.clone())?;
        let mut depth = 1;
        let len = lines[at + 1..].iter().position(|line| {
            let code = line.text.split("//").next().unwrap_or_default();
            depth += code.matches('{').count() as i32 - code.matches('}').count() as i32;
            depth <= 0
        });
        let end = at + 1 + len.filter(|len| lines[at + 1 + len].text.trim() == "}").ok_or_else(|| line.clone())?;
        let body = unrolled(&lines[at + 1..end], numbers)?;
        for i in 0..times {
            out.push(Line { text: format!("{{ const {counter} = {i}u;").into(), ..*line });
            out.extend_from_slice(&body);
            out.push(lines[end].clone());
        }
        at = end + 1;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(files: &[(&str, &'static str)]) -> Texts {
        files.iter().map(|&(name, text)| (name.to_owned(), text.into())).collect()
    }

    fn with_n(n: usize) -> Constants {
        let mut constants = Constants::default();
        constants.whole("N", n);
        constants
    }

    #[test]
    fn loops_are_written_out_by_number_and_by_constant() {
        let text = "a;\nfor (var i = 0u; i < N; i++) { // unrolled\n  for (var j = 0u; j < 3u; j++) { // unrolled\n    x[i][j];\n  \
                    }\n}\nfor (var k = 0u; k < N; k++) {\n  y;\n}\nfn every(id) {}";
        let js = |i: u32| {
            let inner: String = (0..3).map(|j| format!("{{ const j = {j}u;\n    x[i][j];\n  }}\n")).collect();
            format!("{{ const i = {i}u;\n{inner}}}\n")
        };
        let want = format!("a;\n{}{}for (var k = 0u; k < N; k++) {{\n  y;\n}}\nfn every(id) {{}}\n", js(0), js(1));
        let got = assemble(&texts(&[("k", text)]), "k", &with_n(2)).expect("it is well formed").text;
        assert_eq!(got.split("const N").next(), Some(want.as_str()));
    }

    #[test]
    fn a_loop_of_unknown_length_cannot_be_written_out() {
        let text = "fn every(id) {}\nfor (var i = 0u; i < hyper.rows; i++) { // unrolled\nx;\n}\n";
        let fault = assemble(&texts(&[("k", text)]), "k", &with_n(2)).expect_err("its length is not known");
        assert!(fault.starts_with("shaders/k.wgsl:2:1: `// unrolled` stands behind"), "{fault}");
    }

    #[test]
    fn each_file_is_taken_in_once_and_lines_know_where_they_come_from() {
        let files = texts(&[
            (
                "a/k",
                "// A kernel.\n#import x, a/y\n\nfn each(i: u32) {\n  for (var j = 0u; j < 2u; j++) { // unrolled\n    p;\n  }\n}\n",
            ),
            ("common/x", "#import a/y\nconst X = 1u;"),
            ("a/y", "#import x\nconst Y = 2u;"),
        ]);
        let got = assemble(&files, "a/k", &with_n(1)).expect("it is well formed");
        assert_eq!(got.text.matches("const X").count() + got.text.matches("const Y").count(), 2);
        let of = |mark: &str, nth: usize| {
            let (line, text) =
                got.text.lines().enumerate().filter(|(_, line)| line.contains(mark)).nth(nth).expect(mark);
            got.place(line + 1, text.find(mark).expect(mark) + 1)
        };
        assert_eq!(of("p;", 0), "shaders/a/k.wgsl:6:5");
        assert_eq!(of("p;", 1), "shaders/a/k.wgsl:6:5");
        assert_eq!(of("X", 0), "shaders/common/x.wgsl:2:7");
        assert_eq!(of("Y", 0), "shaders/a/y.wgsl:2:7");
        assert_eq!(of("if i < args.n", 0), "what Rust adds");
    }

    #[test]
    fn what_cannot_be_put_together_says_where() {
        let none =
            assemble(&texts(&[("k", "\n#import gone\nfn every(id) {}")]), "k", &with_n(1)).expect_err("no such file");
        assert_eq!(none, "shaders/k.wgsl:2:1: there is no shaders/common/gone.wgsl to import");
        let idle = assemble(&texts(&[("k", "fn other() {}")]), "k", &with_n(1)).expect_err("nothing to enter");
        assert_eq!(idle, "shaders/k.wgsl:1:1: no function `each`, `every` or `together`");
    }
}
