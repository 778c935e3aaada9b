//! The WGSL files, in the binary, and how a kernel's text is put together from them.

macro_rules! shaders {
    ($($name:literal),* $(,)?) => {
        /// (name, text) of every file below `shaders/`, without `.wgsl`.
        pub static SHADERS: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../shaders/", $name, ".wgsl")))),*];
    };
}

shaders![
    "bench/arithmetic",
    "bench/memory",
    "common/blocks",
    "common/box",
    "common/embedded",
    "common/hyper",
    "common/lanes",
    "common/moves",
    "common/norm",
    "common/philox",
    "common/pooled",
    "common/positions",
    "common/report",
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
    "distinct/insert",
    "distinct/list_clear",
    "distinct/list_count",
    "distinct/list_fill",
    "distinct/list_offsets",
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
    "backward/mlp",
    "backward/reduce",
    "backward/slot_logits",
    "backward/embed",
    "backward/embed_weights",
    "backward/embedded",
    "backward/weights",
    "backward/weights_by_lanes",
    "optim/adam",
    "optim/step",
    "view/attention",
    "view/entropy",
    "view/moves",
    "view/parts",
    "view/scores",
];

/// The text of a file.
///
/// # Panics
/// Where there is no such file: the names are literals of ours.
pub fn text(name: &str) -> &'static str {
    SHADERS.iter().find(|shader| shader.0 == name).map(|shader| shader.1).expect("a shader's name is a literal of ours")
}

/// The files of `common/` that a kernel needs, found by the names it uses.
pub fn commons(name: &str) -> Vec<&'static str> {
    // (file, a name that only users of the file mention); a file may use those before it.
    const COMMONS: [(&str, &[&str]); 16] = [
        ("common/philox", &["philox("]),
        ("common/softmax", &["log_sum_exp(", "one_hot(", "pick(", "draw("]),
        ("common/norm", &["norm(", "gelu", "pooled("]),
        ("common/weights", &["BLOCK("]),
        ("common/tile", &["BAND", "place(", "work_of(", "pooled("]),
        ("common/embedded", &["embedded_at("]),
        ("common/splits", &["splits_in_use(", "slots_of_tile("]),
        ("common/lanes", &["lower_lanes("]),
        ("common/window", &["window_key("]),
        ("common/votes", &["vote(", "scores_from_votes("]),
        ("common/pooled", &["pooled("]),
        ("common/box", &["run_of("]),
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
