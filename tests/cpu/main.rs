//! What needs no GPU: the reward on the source's clip and on dynamics whose values are known, and every file format.

mod reward;
