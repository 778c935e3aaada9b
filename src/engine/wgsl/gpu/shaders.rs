//! The WGSL files, in the binary, and how a kernel's text is put together from them.

use std::fmt::Write as _;

macro_rules! shaders {
    ($($name:literal),* $(,)?) => {
        /// (name, text) of every file below `shaders/`, without `.wgsl`.
        pub static SHADERS: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../../shaders/", $name, ".wgsl")))),*];
    };
}

shaders![
    "bench/arithmetic",
    "bench/memory",
    "common/blocks",
    "common/box",
    "common/digits",
    "common/draws",
    "common/embedded",
    "common/firsts",
    "common/found",
    "common/hyper",
    "common/lanes",
    "common/leads",
    "common/listed",
    "common/moves",
    "common/norm",
    "common/parts",
    "common/philox",
    "common/pooled",
    "common/positions",
    "common/report",
    "common/scores",
    "common/slopes_of_projections",
    "common/slopes_of_token",
    "common/softmax",
    "common/splits",
    "common/tile",
    "common/votes",
    "common/weights",
    "common/window",
    "distinct/agents",
    "distinct/alone",
    "distinct/assign",
    "distinct/count",
    "distinct/find",
    "distinct/insert",
    "distinct/list",
    "distinct/list_clear",
    "distinct/list_count",
    "distinct/list_fill",
    "distinct/list_offsets",
    "distinct/number",
    "distinct/scan",
    "forward/aggregate",
    "forward/attention",
    "forward/attention_in",
    "forward/critic_box",
    "forward/critic_hidden",
    "forward/critic_project",
    "forward/head",
    "forward/mlp",
    "forward/propose",
    "forward/embed",
    "forward/value",
    "forward/vote_sums",
    "reward/count",
    "reward/credit",
    "reward/match",
    "reward/means",
    "reward/pixels",
    "reward/terms",
    "learn/advantage",
    "learn/aggregator_loss",
    "learn/policy_loss",
    "learn/normalise",
    "learn/spread",
    "learn/sum",
    "learn/value_loss",
    "backward/aggregator",
    "backward/aggregator_by_lanes",
    "backward/attention",
    "backward/attention_in",
    "backward/critic_box",
    "backward/critic_project",
    "backward/critic_value",
    "backward/critic_wide",
    "backward/head",
    "backward/logits",
    "backward/mlp",
    "backward/parts",
    "backward/reduce",
    "backward/embed",
    "backward/embed_weights",
    "backward/embedded",
    "backward/embedded_by_lanes",
    "backward/weights",
    "backward/weights_by_lanes",
    "optim/adam",
    "optim/step",
    "view/adds",
    "view/attention",
    "view/entropy",
    "view/moves",
    "view/scores",
];

/// What kernels are built with or without: for the first layer; for draws to come; for learning from the draws;
/// for agents that are listed.
const FLAGS: [&str; 4] = ["FIRST", "DRAWS", "LOG_PROBS", "LISTED"];

/// Names that the WGSL text may use as constants, appended after it so that error lines match the file.
#[derive(Debug, Clone, Default)]
pub struct Constants {
    lines: String,
    lanes_share: bool,
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

    /// Whether the lanes of a subgroup share out the reading of a block of weights.
    pub fn lanes_share(&mut self, share: bool) {
        self.lanes_share = share;
    }

    /// The same for kernels of the first layer, which know FIRST.
    pub fn of_layer(&self, layer: usize) -> Self {
        if layer == 0 { self.with("FIRST") } else { self.clone() }
    }

    /// The same where one of `FLAGS` is true.
    pub fn with(&self, flag: &'static str) -> Self {
        debug_assert!(FLAGS.contains(&flag), "no kernel asks for {flag}");
        let mut constants = self.clone();
        constants.flags.push(flag);
        constants
    }

    /// What `var<name>` stands for: where a layer's weights are bound.
    pub fn space(&mut self, name: &'static str, space: &'static str) {
        self.spaces.push((name, space));
    }
}

/// A kernel's text: its own, then what it shares, then the constants; blocks and loops written out.
pub fn assemble(name: &str, constants: &Constants) -> String {
    let mut text = text(name).to_owned();
    for common in commons(name) {
        text.push('\n');
        text.push_str(self::text(common));
    }
    if constants.lanes_share && text.contains("BLOCK(") {
        text.push_str(self::text("common/lanes"));
    }
    text.push('\n');
    text.push_str(&constants.lines);
    for flag in FLAGS {
        let _ = writeln!(text, "const {flag} = {};", constants.flags.contains(&flag));
    }
    for (name, space) in &constants.spaces {
        text = text.replace(&format!("var<{name}>"), &format!("var<{space}>"));
    }
    blocks(&unrolled(&text, &text), constants.lanes_share)
}

/// Writes out the loops that are marked `// unrolled`, each time with the counter as a constant: an array that a counter
/// indexes lies in memory wherever a driver thinks the loop too long to unroll it.
///
/// # Panics
/// Where a mark stands elsewhere than behind `for (var i = 0u; i < N; i++)`, N a number or one of the text's constants.
fn unrolled(part: &str, text: &str) -> String {
    const MARK: &str = "{ // unrolled\n";
    let Some((before, rest)) = part.split_once(MARK) else { return part.to_owned() };
    let head = before.rfind("for (var ").expect("a mark stands behind a loop");
    let (before, head) = before.split_at(head);
    let mut words = head.split([' ', ';']).filter(|word| !word.is_empty());
    let (counter, bound) = (words.nth(2).unwrap_or_default(), words.nth(4).unwrap_or_default());
    let value = text.split(&format!("const {bound} = ")).nth(1).unwrap_or(bound);
    let times = value.split('u').next().and_then(|digits| digits.parse().ok());
    let times: u32 = times.unwrap_or_else(|| panic!("a marked loop goes up to `{bound}`, which is no number"));
    let (body, after) = rest.split_at(closing(rest, ['{', '}']));
    let body = unrolled(body, text);
    let mut out = before.to_owned();
    for i in 0..times {
        let _ = write!(out, "{{ const {counter} = {i}u; {body}}} ");
    }
    out + &unrolled(after.strip_prefix('}').unwrap_or(after), text)
}

/// Puts reads in place of `BLOCK(binding, at, stride)`: see `shaders/common/weights.wgsl`.
fn blocks(text: &str, lanes_share: bool) -> String {
    let mut parts = text.split("BLOCK(");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (arguments, rest) = part.split_at(closing(part, ['(', ')']));
        let mut arguments = arguments.splitn(3, ", ");
        let mut next = || arguments.next().unwrap_or_default();
        let (binding, at, stride) = (next(), next(), next());
        let _ = if lanes_share {
            write!(out, "lower_lanes({binding}[{at} + (id.x & 3u) * ({stride})]")
        } else {
            let row = |i: usize| format!("{binding}[{at} + {i}u * ({stride})]");
            write!(out, "mat4x4<f32>({}, {}, {}, {}", row(0), row(1), row(2), row(3))
        };
        out.push_str(rest);
    }
    out
}

/// Where what was opened before the text is closed in it.
fn closing(text: &str, [open, close]: [char; 2]) -> usize {
    let mut depth = 1;
    let end = text.find(|c| {
        depth += i32::from(c == open) - i32::from(c == close);
        depth == 0
    });
    end.unwrap_or(text.len())
}

/// The text of a file; its name is a literal of ours.
fn text(name: &str) -> &'static str {
    SHADERS.iter().find(|shader| shader.0 == name).map(|shader| shader.1).expect("a shader's name is a literal of ours")
}

/// The files of `common/` that a kernel needs, found by the names it uses.
fn commons(name: &str) -> Vec<&'static str> {
    // (file, a name that only users of the file mention); a file may use those before it.
    const COMMONS: &[(&str, &[&str])] = &[
        ("common/philox", &["philox("]),
        ("common/softmax", &["log_sum_exp(", "one_hot(", "pick(", "draw(", "slopes_of_token("]),
        ("common/draws", &["DRAW_WORDS"]),
        ("common/norm", &["norm(", "gelu", "pooled("]),
        ("common/weights", &["BLOCK("]),
        ("common/tile", &["BAND", "place(", "work_of(", "pooled("]),
        ("common/digits", &["digits_from("]),
        ("common/embedded", &["embedded_at("]),
        ("common/splits", &["splits_in_use(", "slots_of_tile("]),
        ("common/lanes", &["lower_lanes("]),
        ("common/parts", &["PART"]),
        ("common/slopes_of_token", &["slopes_of_token("]),
        ("common/slopes_of_projections", &["slopes_of_projections("]),
        ("common/window", &["window_key(", "hash("]),
        ("common/firsts", &["is_first("]),
        ("common/found", &["keep_found("]),
        ("common/listed", &["agent_of("]),
        ("common/votes", &["vote(", "ABSENT"]),
        ("common/scores", &["scores_of(", "scores_from_votes("]),
        ("common/leads", &["lead_word(", "likely_colour("]),
        ("common/pooled", &["pooled("]),
        ("common/box", &["add_up("]),
        ("common/positions", &["is_block(", "block_count(", "shifted("]),
        ("common/blocks", &["code_at("]),
        ("common/moves", &["block_bits("]),
        ("common/report", &["report["]),
    ];
    let kernel = text(name);
    std::iter::once("common/hyper")
        .chain(
            COMMONS.iter().filter(|(_, marks)| marks.iter().any(|mark| kernel.contains(mark))).map(|common| common.0),
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{blocks, unrolled};

    #[test]
    fn loops_are_written_out_by_number_and_by_constant() {
        let text = "const N = 2u; a; for (var i = 0u; i < N; i++) { // unrolled\nfor (var j = 0u; j < 3u; j++) { \
                    // unrolled\nx[i][j]; } } b; for (var k = 0u; k < N; k++) { y; }";
        let js = |i: u32| {
            let inner: String = (0..3).map(|j| format!("{{ const j = {j}u; x[i][j]; }} ")).collect();
            format!("{{ const i = {i}u; {inner} }} ")
        };
        let want = format!("const N = 2u; a; {}{} b; for (var k = 0u; k < N; k++) {{ y; }}", js(0), js(1));
        assert_eq!(unrolled(text, text), want);
    }

    #[test]
    #[should_panic(expected = "goes up to `hyper.rows`")]
    fn a_loop_of_unknown_length_cannot_be_written_out() {
        unrolled("for (var i = 0u; i < hyper.rows; i++) { // unrolled\nx; }", "");
    }

    #[test]
    fn blocks_are_read_by_lanes_or_alone() {
        let text = "times(BLOCK(w, f(i) + j, 3u * D4), x)";
        assert_eq!(blocks(text, true), "times(lower_lanes(w[f(i) + j + (id.x & 3u) * (3u * D4)]), x)");
        let rows: Vec<String> = (0..4).map(|i| format!("w[f(i) + j + {i}u * (3u * D4)]")).collect();
        assert_eq!(blocks(text, false), format!("times(mat4x4<f32>({}), x)", rows.join(", ")));
    }
}
