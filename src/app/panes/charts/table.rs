//! Which curves there are.

use crate::learn::Metrics;

/// A curve.
pub(super) struct Curve {
    pub(super) name: &'static str,
    pub(super) doc: &'static str,
    pub(super) get: fn(&Metrics) -> f64,
}

/// Curves on one pair of axes.
pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) curves: &'static [Curve],
}

/// The charts below the reward's, from the top.
pub(super) static CHARTS: [Chart; 5] = [
    Chart {
        title: "Losses",
        curves: &[
            Curve {
                name: "f",
                doc: "The proposal policy's clipped loss. It hovers around 0; its size says little.",
                get: |metrics| metrics.policy_loss,
            },
            Curve {
                name: "g",
                doc: "The aggregator's clipped loss: the same for the draw of each pixel.",
                get: |metrics| metrics.aggregator_loss,
            },
            Curve {
                name: "V",
                doc: "The critic's loss: half the mean squared error on returns scaled to variance 1. It should fall \
                      below 0.5, which is what guessing the mean costs.",
                get: |metrics| metrics.value_loss,
            },
        ],
    },
    Chart {
        title: "Entropy",
        curves: &[
            Curve {
                name: "f",
                doc: "How random the proposals are: 1 is uniform, 0 certain. A fall to 0 early on means that \
                      exploring has stopped.",
                get: |metrics| metrics.entropy,
            },
            Curve {
                name: "g",
                doc: "How random the drawn colours are: 1 is uniform, 0 certain.",
                get: |metrics| metrics.aggregator_entropy,
            },
        ],
    },
    Chart {
        title: "Step size",
        curves: &[
            Curve {
                name: "KL",
                doc: "How far an update moved the policy. Above target kl the rest of the update is skipped.",
                get: |metrics| metrics.kl,
            },
            Curve {
                name: "clipped",
                doc: "The share of probability ratios outside 1 ± clip. Around 0.1 to 0.3 is usual; much more means \
                      that the learning rate is too high.",
                get: |metrics| metrics.clip_fraction,
            },
        ],
    },
    Chart {
        title: "Insight",
        curves: &[
            Curve {
                name: "explained",
                doc: "Explained variance: how much of the returns' variation the critic foresees. 1 is all, 0 no more \
                      than their mean, below 0 worse than that.",
                get: |metrics| metrics.explained_variance,
            },
            Curve {
                name: "distinct",
                doc: "The share of a rollout's 3×3 windows that differ from each other: falls as order appears.",
                get: |metrics| metrics.distinct_windows,
            },
        ],
    },
    Chart {
        title: "Gradient",
        curves: &[Curve {
            name: "norm",
            doc: "The gradient's norm before clipping to max grad norm. Steadily far above it, or rising, is a warning.",
            get: |metrics| metrics.grad_norm,
        }],
    },
];
