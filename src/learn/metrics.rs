//! What an update reports: one row of a table for each column of `metrics.csv`.

use std::collections::BTreeMap;

use crate::spec::config::Term;

/// A curve that the window draws of a column.
pub struct Curve {
    /// The title of its chart; curves of one title share their axes.
    pub chart: &'static str,
    /// Which of the chart's colours it has.
    pub colour: usize,
    /// Its name in the chart.
    pub name: &'static str,
    /// What it says, and what to make of it.
    pub doc: &'static str,
    /// Its height at an update.
    pub get: fn(&Metrics) -> f64,
}

/// The fields of `Metrics` from rows in the order of the columns: a sentence, the field, which is the column's name too,
/// the digits after the point (all that tell it from its neighbours, if none are given), and the chart, colour and name
/// of its curve, if it has one.
macro_rules! columns {
    ($(
        $(#[doc = $doc:literal])+
        $field:ident: $type:ty $(, digits $digits:literal)? $(, curve $chart:literal $colour:literal $name:literal)?;
    )+) => {
        /// One update, as a row of `metrics.csv`.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Metrics {
            $($(#[doc = $doc])+ pub $field: $type,)+
        }

        impl Metrics {
            /// The columns of `metrics.csv` with their values, in order.
            pub fn row(&self) -> Vec<(String, String)> {
                [$(self.$field.cells(stringify!($field), None::<usize>$(.or(Some($digits)))?)),+].concat()
            }

            /// A row read back: `value` gives the number in a column.
            pub fn parse(value: &dyn Fn(&str) -> Option<f64>) -> Option<Self> {
                Some(Self { $($field: Cells::parse(stringify!($field), value)?,)+ })
            }
        }

        /// Of each column its curve, if it has one.
        static CURVES: &[Option<Curve>] = &[$(curve!([$($doc)+] $field $($chart $colour $name)?)),+];
    };
}

macro_rules! curve {
    ([$($doc:literal)+] $field:ident) => { None };
    ([$($doc:literal)+] $field:ident $chart:literal $colour:literal $name:literal) => {
        Some(Curve {
            chart: $chart,
            colour: $colour,
            name: $name,
            doc: concat!($($doc),+),
            get: |metrics| metrics.$field,
        })
    };
}

columns! {
    /// Updates finished, this one included.
    update: u32;
    /// Agent-steps of the run so far.
    agent_steps: u64;
    /// Seconds of learning so far, over all sessions of the run.
    seconds: f64, digits 3;
    /// The weighted sum of the terms: mean over steps, worlds and positions.
    reward: f64;
    /// Each term's mean, unweighted, whether it has a weight or not: columns `reward_NAME`.
    terms: BTreeMap<Term, f64>;
    /// The proposal policy's clipped loss. It hovers around 0; its size says little.
    policy_loss: f64, curve "Losses" 0 "f";
    /// The critic's loss: half the mean squared error on returns scaled to variance 1. It should fall below 0.5, which
    /// is what guessing the mean costs.
    value_loss: f64, curve "Losses" 2 "V";
    /// The aggregator's clipped loss: the same for the draw of each pixel.
    aggregator_loss: f64, curve "Losses" 1 "g";
    /// How random the proposals are (mean entropy of a head of f, over ln 10): 1 is uniform, 0 certain. A fall to 0
    /// early on means that exploring has stopped.
    entropy: f64, curve "Entropy" 0 "f";
    /// How random the drawn colours are (mean entropy of g, over ln 10): 1 is uniform, 0 certain.
    aggregator_entropy: f64, curve "Entropy" 1 "g";
    /// How far an update moved the policy: KL as (r − 1) − ln r, of the last minibatch taken. Above target kl the rest
    /// of the update is skipped.
    kl: f64, curve "Step size" 0 "KL";
    /// The share of f's probability ratios outside 1 ± clip. Around 0.1 to 0.3 is usual; much more means that the
    /// learning rate is too high.
    clip_fraction: f64, curve "Step size" 1 "clipped";
    /// Explained variance, 1 − Var(return − V) / Var(return): how much of the returns' variation the critic foresees. 1
    /// is all, 0 no more than their mean, below 0 worse than that.
    explained_variance: f64, curve "Insight" 0 "explained";
    /// The gradient's mean norm before clipping to max grad norm. Steadily far above it, or rising, is a warning.
    grad_norm: f64, curve "Gradient" 0 "norm";
    /// The share of a rollout's 3×3 windows that differ from each other: falls as order appears.
    distinct_windows: f64, curve "Insight" 1 "distinct";
    /// Agent-steps over the seconds of rollout and update together.
    agent_steps_per_second: f64, digits 1;
}

/// The curves beside the reward's.
pub fn curves() -> impl Iterator<Item = &'static Curve> {
    CURVES.iter().flatten()
}

/// The titles of their charts, from the top: in the order of the columns.
pub fn charts() -> Vec<&'static str> {
    let mut titles = Vec::new();
    for curve in curves() {
        if !titles.contains(&curve.chart) {
            titles.push(curve.chart);
        }
    }
    titles
}

/// A field as cells of a row.
trait Cells: Sized {
    /// The cells with their columns' names, where `name` is the field's.
    fn cells(&self, name: &str, digits: Option<usize>) -> Vec<(String, String)>;
    fn parse(name: &str, value: &dyn Fn(&str) -> Option<f64>) -> Option<Self>;
}

macro_rules! number_cells {
    ($($type:ty)+) => {$(
        impl Cells for $type {
            fn cells(&self, name: &str, digits: Option<usize>) -> Vec<(String, String)> {
                vec![(name.to_owned(), digits.map_or(self.to_string(), |digits| format!("{self:.digits$}")))]
            }

            fn parse(name: &str, value: &dyn Fn(&str) -> Option<f64>) -> Option<Self> {
                value(name).map(|value| value as Self)
            }
        }
    )+};
}

number_cells!(u32 u64 f64);

/// A term that a file does not have is one that its build did not know.
impl Cells for BTreeMap<Term, f64> {
    fn cells(&self, _: &str, digits: Option<usize>) -> Vec<(String, String)> {
        let mean = |term| self.get(&term).copied().unwrap_or(0.0);
        Term::ALL.iter().flat_map(|&term| mean(term).cells(&format!("reward_{}", term.name()), digits)).collect()
    }

    fn parse(_: &str, value: &dyn Fn(&str) -> Option<f64>) -> Option<Self> {
        let mean = |&term: &Term| Some((term, value(&format!("reward_{}", term.name()))?));
        Some(Term::ALL.iter().filter_map(mean).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_back() {
        let columns: BTreeMap<String, f64> = [("update", 3.0), ("agent_steps", 1e9), ("seconds", 2.5), ("kl", 0.125)]
            .into_iter()
            .map(|(column, value)| (column.to_owned(), value))
            .collect();
        let metrics =
            Metrics::parse(&|column| Some(columns.get(column).copied().unwrap_or(0.5))).expect("all is there");
        assert_eq!((metrics.update, metrics.seconds, metrics.kl, metrics.reward), (3, 2.5, 0.125, 0.5));
        let row: BTreeMap<String, String> = metrics.row().into_iter().collect();
        let again = Metrics::parse(&|column| row.get(column)?.parse().ok());
        assert_eq!(again, Some(metrics));
    }
}
