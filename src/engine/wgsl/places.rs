//! Places in small buffers: one list each, from which Rust and the kernels have the same constants.

/// Constants by their order in a list.
macro_rules! places {
    ($($(#[$doc:meta])* mod $module:ident { $($(#[$place:meta])* $name:ident,)* })*) => {
        $($(#[$doc])*
        pub mod $module {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "they are named as the constants are")]
            enum Place { $($name,)* LEN }
            $($(#[$place])* pub const $name: usize = Place::$name as usize;)*
            /// How many.
            pub const LEN: usize = Place::LEN as usize;
        })*

        /// (name, place) in every list.
        pub const ALL: &[(&str, usize)] = &[$($((stringify!($name), $module::$name),)*)*];
    };
}

places! {
    /// Words of the buffer `counts`.
    mod counts {
        /// Rows that the last evaluation found; none once the update has stopped early.
        FOUND,
        /// Whether the update has stopped early.
        STOPPED,
        /// Windows evaluated so far in this rollout.
        DISTINCT,
        /// Adam's steps.
        ADAM_STEPS,
        /// Rows known before the last evaluation.
        KNOWN_BEFORE,
        /// Rows known after it.
        KNOWN,
    }
    /// Rows of the buffer `sums`.
    mod sums {
        /// Σ A, Σ (A + V).
        MEANS,
        /// Σ (A − mean)², Σ (A + V − mean)².
        SPREADS,
        /// f's loss, KL, clipped, entropy.
        POLICY,
        /// V's loss.
        VALUE,
        /// g's loss, entropy.
        AGGREGATOR,
    }
    /// Entries of the buffer `report`: sums over the minibatches taken, but for the last four.
    mod report {
        POLICY_LOSS,
        VALUE_LOSS,
        AGGREGATOR_LOSS,
        ENTROPY,
        AGGREGATOR_ENTROPY,
        CLIP_FRACTION,
        GRAD_NORM,
        /// Minibatches whose step was taken.
        TAKEN,
        /// Of the latest minibatch, taken or not.
        KL,
        /// Of the latest gradient; for the kernels alone.
        NORM,
        /// 1: a gradient was not finite.
        NOT_FINITE,
    }
    /// Entries of the buffer `returns`.
    mod returns {
        /// Of returns: V's unit.
        RETURN_MEAN,
        RETURN_STD,
        /// Of the rollout's advantages.
        ADVANTAGE_MEAN,
        ADVANTAGE_STD,
    }
}
