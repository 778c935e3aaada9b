//! The uniform that every kernel reads: the shape of the worlds and the hyperparameters in force.

use crate::spec::config::{Config, Credit, Directions, Term};
use crate::spec::grid::{Boundary, Windows};

/// `struct Hyper` of `shaders/common/hyper.wgsl`, field for field.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[expect(missing_docs, reason = "the WGSL says what each field is")]
pub struct Hyper {
    pub height: u32,
    pub width: u32,
    pub rows: u32,
    pub columns: u32,
    pub origin: u32,
    pub torus: u32,
    pub cells: u32,
    pub windows: u32,
    pub worlds: u32,
    pub steps: u32,
    pub seed: u32,
    pub directions: u32,
    pub credit_radius: u32,
    pub credit_global: u32,
    pub copy_bias: f32,
    pub temperature: f32,
    pub aggregator_temperature: f32,
    pub gamma: f32,
    pub gae_lambda: f32,
    pub clip: f32,
    pub learning_rate: f32,
    pub adam_eps: f32,
    pub entropy_coef: f32,
    pub value_coef: f32,
    pub max_grad_norm: f32,
    pub target_kl: f32,
    pub padding_0: u32,
    pub padding_1: u32,
    pub weights_0: [f32; 4],
    pub weights_1: [f32; 4],
}

impl Hyper {
    /// For worlds of `size` (height, width), `worlds` of them, under a configuration.
    pub fn new(config: &Config, size: (usize, usize), worlds: usize, seed: u32) -> Self {
        let windows = Windows::new(size.0, size.1, config.world.boundary);
        let (credit_global, credit_radius) = match config.reward.credit {
            Credit::Global => (1, 0),
            Credit::Local { radius } => (0, radius as u32),
        };
        let [shift, surprise, moved, relative, lift, flow, soft_move, target] =
            Term::ALL.map(|term| config.weight(term));
        let (model, ppo) = (&config.model, &config.ppo);
        Self {
            height: size.0 as u32,
            width: size.1 as u32,
            rows: windows.rows as u32,
            columns: windows.columns as u32,
            origin: windows.origin as u32,
            torus: u32::from(config.world.boundary == Boundary::Torus),
            cells: (size.0 * size.1) as u32,
            windows: windows.count() as u32,
            worlds: worlds as u32,
            steps: ppo.steps_per_update as u32,
            seed,
            directions: if config.reward.directions == Directions::Four { 4 } else { 8 },
            credit_radius,
            credit_global,
            copy_bias: model.copy_bias,
            temperature: model.temperature,
            aggregator_temperature: model.aggregator_temperature,
            gamma: ppo.gamma,
            gae_lambda: ppo.gae_lambda,
            clip: ppo.clip,
            learning_rate: ppo.learning_rate,
            adam_eps: ppo.adam_eps,
            entropy_coef: ppo.entropy_coef,
            value_coef: ppo.value_coef,
            max_grad_norm: ppo.max_grad_norm,
            target_kl: ppo.target_kl,
            padding_0: 0,
            padding_1: 0,
            weights_0: [shift, surprise, moved, relative],
            weights_1: [lift, flow, soft_move, target],
        }
    }
}
