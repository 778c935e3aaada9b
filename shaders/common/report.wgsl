// The report of an update: sums over the minibatches taken, the last KL, and the norm of the latest gradient.
// Mirrored by `train::report`.
const POLICY_LOSS = 0u;
const VALUE_LOSS = 1u;
const AGGREGATOR_LOSS = 2u;
const ENTROPY = 3u;
const AGGREGATOR_ENTROPY = 4u;
const CLIP_FRACTION = 5u;
const GRAD_NORM = 6u;
const TAKEN = 7u;     // minibatches whose step was taken
const KL = 8u;        // of the latest minibatch looked at
const NORM = 9u;      // of the latest gradient
const NOT_FINITE = 10u;
