//! What an update reports.

use std::collections::BTreeMap;

use crate::spec::config::Term;

/// One update, as a row of `metrics.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    /// Updates finished, this one included.
    pub update: u32,
    /// Agent-steps of the run so far.
    pub agent_steps: u64,
    /// Seconds of learning so far, over all sessions of the run.
    pub seconds: f64,
    /// The weighted sum of the terms: mean over steps, worlds and positions.
    pub reward: f64,
    /// Each term's mean, unweighted, whether it has a weight or not.
    pub terms: BTreeMap<Term, f64>,
    /// f's clipped loss.
    pub policy_loss: f64,
    /// Half the mean squared error of V, in units of normalised return.
    pub value_loss: f64,
    /// g's clipped loss.
    pub aggregator_loss: f64,
    /// Mean entropy of a head of f, over ln 10.
    pub entropy: f64,
    /// Mean entropy of g, over ln 10.
    pub aggregator_entropy: f64,
    /// Approximate KL from the policy that acted, (r − 1) − ln r, of the last minibatch taken.
    pub kl: f64,
    /// Share of f's ratios outside 1 ± clip.
    pub clip_fraction: f64,
    /// 1 − Var(return − V) / Var(return).
    pub explained_variance: f64,
    /// Mean norm of the gradient before clipping.
    pub grad_norm: f64,
    /// Distinct windows over windows, of the rollout's steps.
    pub distinct_windows: f64,
    /// Rollout and update together.
    pub agent_steps_per_second: f64,
}

impl Metrics {
    /// The columns of `metrics.csv` with their values, in order.
    pub fn row(&self) -> Vec<(String, String)> {
        let column = |name: &str, value: String| (name.to_owned(), value);
        let mut row = vec![
            column("update", self.update.to_string()),
            column("agent_steps", self.agent_steps.to_string()),
            column("seconds", format!("{:.3}", self.seconds)),
            column("reward", self.reward.to_string()),
        ];
        row.extend(Term::ALL.map(|term| {
            let mean = self.terms.get(&term).copied().unwrap_or(0.0);
            (format!("reward_{}", term.name()), mean.to_string())
        }));
        row.extend([
            column("policy_loss", self.policy_loss.to_string()),
            column("value_loss", self.value_loss.to_string()),
            column("aggregator_loss", self.aggregator_loss.to_string()),
            column("entropy", self.entropy.to_string()),
            column("aggregator_entropy", self.aggregator_entropy.to_string()),
            column("kl", self.kl.to_string()),
            column("clip_fraction", self.clip_fraction.to_string()),
            column("explained_variance", self.explained_variance.to_string()),
            column("grad_norm", self.grad_norm.to_string()),
            column("distinct_windows", self.distinct_windows.to_string()),
            column("agent_steps_per_second", format!("{:.1}", self.agent_steps_per_second)),
        ]);
        row
    }

    /// A row read back: `value` gives the number in a column.
    pub fn parse(value: &dyn Fn(&str) -> Option<f64>) -> Option<Self> {
        let term = |term: Term| Some((term, value(&format!("reward_{}", term.name()))?));
        Some(Self {
            update: value("update")? as u32,
            agent_steps: value("agent_steps")? as u64,
            seconds: value("seconds")?,
            reward: value("reward")?,
            terms: Term::ALL.into_iter().filter_map(term).collect(),
            policy_loss: value("policy_loss")?,
            value_loss: value("value_loss")?,
            aggregator_loss: value("aggregator_loss")?,
            entropy: value("entropy")?,
            aggregator_entropy: value("aggregator_entropy")?,
            kl: value("kl")?,
            clip_fraction: value("clip_fraction")?,
            explained_variance: value("explained_variance")?,
            grad_norm: value("grad_norm")?,
            distinct_windows: value("distinct_windows")?,
            agent_steps_per_second: value("agent_steps_per_second")?,
        })
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
