//! f: one window's nine colours → logits (9, 10) and pooled tokens (D).
//!
//! - x_k = E[colour_k] + P[k].
//! - Each block: [q|k|v] = norm(x)·Wqkv + b; P = softmax(q·kᵀ/√hd) over the 9 tokens, head h on columns h·hd..(h+1)·hd;
//!   x += concat_h(P·v)·Wout + b; x += gelu(norm(x)·Win + b)·Wout + b.
//! - logits_k = norm(x)_k·Whead + b + β·onehot(colour_k), before the temperature; pooled = mean_k norm(x)_k.

use primordia::spec::params::{Block, Layer};
use primordia::spec::{COLOURS, SLOTS};

use super::Net;
use super::linear::{add, gelu, gelu_slope, linear, linear_backward, norm, norm_backward, softmax};

/// (9, columns).
pub type Tokens = [Vec<f64>; SLOTS];
/// (9, 10).
pub type Logits = [[f64; COLOURS]; SLOTS];

/// What one attention block computed.
#[derive(Debug, Clone)]
pub struct BlockActivations {
    /// (9, D): the residual stream before the block.
    pub input: Tokens,
    /// (9, D).
    pub norm1: Tokens,
    /// (9, 3D).
    pub qkv: Tokens,
    /// (A, 9 queries, 9 keys).
    pub attention: Vec<[[f64; SLOTS]; SLOTS]>,
    /// (9, D): the heads' outputs side by side.
    pub heads: Tokens,
    /// (9, D): the residual stream between attention and MLP.
    pub middle: Tokens,
    /// (9, D).
    pub norm2: Tokens,
    /// (9, M): before gelu.
    pub hidden_in: Tokens,
    /// (9, M): after gelu.
    pub hidden: Tokens,
}

/// What f computed for one window.
#[derive(Debug, Clone)]
pub struct Activations {
    pub colours: [u8; SLOTS],
    pub blocks: Vec<BlockActivations>,
    /// (9, D): the residual stream after the last block.
    pub last: Tokens,
    /// (9, D).
    pub final_norm: Tokens,
    /// (9, 10): copy bias included, before the temperature.
    pub logits: Logits,
    /// (D).
    pub pooled: Vec<f64>,
}

/// What the loss's slope is at each place of one attention block.
#[derive(Debug, Clone)]
pub struct BlockSlopes {
    /// (9, D): by the residual stream after the block.
    pub output: Tokens,
    /// (9, M): by the MLP's hidden units before gelu.
    pub hidden_in: Tokens,
    /// (9, D): by the residual stream between attention and MLP.
    pub middle: Tokens,
    /// (9, D): by the heads' outputs.
    pub heads: Tokens,
    /// (9, 3D).
    pub qkv: Tokens,
}

/// What the loss's slope is at each place of f.
#[derive(Debug, Clone)]
pub struct Slopes {
    pub blocks: Vec<BlockSlopes>,
    /// (9, D): by the residual stream before the first block.
    pub input: Tokens,
}

fn each(tokens: &Tokens, f: impl Fn(&[f64]) -> Vec<f64>) -> Tokens {
    std::array::from_fn(|k| f(&tokens[k]))
}

fn sum(a: &Tokens, b: &Tokens) -> Tokens {
    std::array::from_fn(|k| a[k].iter().zip(&b[k]).map(|(a, b)| a + b).collect())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Columns of head h in part 0 (q), 1 (k) or 2 (v) of a row of qkv.
fn columns(net: &Net, part: usize, head: usize) -> std::ops::Range<usize> {
    let (d, size) = (net.model.d_model, net.model.d_model / net.model.heads);
    part * d + head * size..part * d + (head + 1) * size
}

/// f on one window.
pub fn forward(net: &Net, colours: &[u8; SLOTS]) -> Activations {
    let embedding = net.table.embedding;
    let row = |r: usize| &net.params[embedding.offset + r * embedding.stride..][..embedding.columns];
    let mut x: Tokens = std::array::from_fn(|k| {
        let (colour, position) = (row(usize::from(colours[k])), row(COLOURS + k));
        colour.iter().zip(position).map(|(e, p)| e + p).collect()
    });
    let mut blocks = Vec::new();
    for layer in &net.table.layers {
        let (block, output) = block_forward(net, layer, x);
        blocks.push(block);
        x = output;
    }
    let final_norm = each(&x, norm);
    let beta = f64::from(net.model.copy_bias);
    let logits = std::array::from_fn(|k| {
        let z = linear(net.params, net.table.head, &final_norm[k]);
        std::array::from_fn(|c| z[c] + if c == usize::from(colours[k]) { beta } else { 0.0 })
    });
    let pooled =
        (0..net.model.d_model).map(|i| final_norm.iter().map(|token| token[i]).sum::<f64>() / SLOTS as f64).collect();
    Activations { colours: *colours, blocks, last: x, final_norm, logits, pooled }
}

fn block_forward(net: &Net, layer: &Layer, input: Tokens) -> (BlockActivations, Tokens) {
    let size = net.model.d_model / net.model.heads;
    let norm1 = each(&input, norm);
    let qkv = each(&norm1, |n| linear(net.params, layer.qkv, n));
    let mut attention = Vec::new();
    let mut heads: Tokens = std::array::from_fn(|_| vec![0.0; net.model.d_model]);
    for h in 0..net.model.heads {
        let (q, k, v) = (columns(net, 0, h), columns(net, 1, h), columns(net, 2, h));
        let weights: [[f64; SLOTS]; SLOTS] = std::array::from_fn(|i| {
            let scores = std::array::from_fn(|j| dot(&qkv[i][q.clone()], &qkv[j][k.clone()]));
            softmax(&scores, (size as f64).sqrt())
        });
        for i in 0..SLOTS {
            for j in 0..SLOTS {
                for (out, value) in heads[i][q.clone()].iter_mut().zip(&qkv[j][v.clone()]) {
                    *out += weights[i][j] * value;
                }
            }
        }
        attention.push(weights);
    }
    let middle = sum(&input, &each(&heads, |h| linear(net.params, layer.attention_out, h)));
    let norm2 = each(&middle, norm);
    let hidden_in = each(&norm2, |n| linear(net.params, layer.mlp_in, n));
    let hidden = each(&hidden_in, |h| h.iter().copied().map(gelu).collect());
    let output = sum(&middle, &each(&hidden, |h| linear(net.params, layer.mlp_out, h)));
    (BlockActivations { input, norm1, qkv, attention, heads, middle, norm2, hidden_in, hidden }, output)
}

/// Adds the gradient of Σ dlogits·logits + Σ dpooled·pooled to `gradient`; returns the slopes on the way.
pub fn backward(
    net: &Net,
    activations: &Activations,
    dlogits: &Logits,
    dpooled: &[f64],
    gradient: &mut [f64],
) -> Slopes {
    let mut dx: Tokens = std::array::from_fn(|k| {
        let mut dnorm = linear_backward(net.params, net.table.head, &activations.final_norm[k], &dlogits[k], gradient);
        for (d, pooled) in dnorm.iter_mut().zip(dpooled) {
            *d += pooled / SLOTS as f64;
        }
        norm_backward(&activations.last[k], &dnorm)
    });
    let mut blocks = Vec::new();
    for (layer, block) in net.table.layers.iter().zip(&activations.blocks).rev() {
        let (slopes, dinput) = block_backward(net, layer, block, dx, gradient);
        blocks.insert(0, slopes);
        dx = dinput;
    }
    let Block { offset, stride, columns, .. } = net.table.embedding;
    for k in 0..SLOTS {
        for row in [usize::from(activations.colours[k]), COLOURS + k] {
            add(&mut gradient[offset + row * stride..][..columns], &dx[k]);
        }
    }
    Slopes { blocks, input: dx }
}

fn block_backward(
    net: &Net,
    layer: &Layer,
    block: &BlockActivations,
    dout: Tokens,
    gradient: &mut [f64],
) -> (BlockSlopes, Tokens) {
    let d = net.model.d_model;
    let mut dmiddle = dout.clone();
    let mut dhidden_in: Tokens = std::array::from_fn(|_| Vec::new());
    let mut dheads: Tokens = std::array::from_fn(|_| Vec::new());
    for k in 0..SLOTS {
        let mut dhidden = linear_backward(net.params, layer.mlp_out, &block.hidden[k], &dmiddle[k], gradient);
        for (d, x) in dhidden.iter_mut().zip(&block.hidden_in[k]) {
            *d *= gelu_slope(*x);
        }
        let dnorm2 = linear_backward(net.params, layer.mlp_in, &block.norm2[k], &dhidden, gradient);
        add(&mut dmiddle[k], &norm_backward(&block.middle[k], &dnorm2));
        dheads[k] = linear_backward(net.params, layer.attention_out, &block.heads[k], &dmiddle[k], gradient);
        dhidden_in[k] = dhidden;
    }

    let mut dqkv: Tokens = std::array::from_fn(|_| vec![0.0; 3 * d]);
    let scale = 1.0 / ((d / net.model.heads) as f64).sqrt();
    for (h, weights) in block.attention.iter().enumerate() {
        let (q, k, v) = (columns(net, 0, h), columns(net, 1, h), columns(net, 2, h));
        for i in 0..SLOTS {
            let dhead = &dheads[i][q.clone()];
            let dweights: [f64; SLOTS] = std::array::from_fn(|j| dot(dhead, &block.qkv[j][v.clone()]));
            let mean = dot(&weights[i], &dweights);
            for j in 0..SLOTS {
                let dscore = weights[i][j] * (dweights[j] - mean) * scale;
                for c in 0..dhead.len() {
                    dqkv[j][v.start + c] += weights[i][j] * dhead[c];
                    dqkv[i][q.start + c] += dscore * block.qkv[j][k.start + c];
                    dqkv[j][k.start + c] += dscore * block.qkv[i][q.start + c];
                }
            }
        }
    }

    let mut dinput = dmiddle.clone();
    for k in 0..SLOTS {
        let dnorm1 = linear_backward(net.params, layer.qkv, &block.norm1[k], &dqkv[k], gradient);
        add(&mut dinput[k], &norm_backward(&block.input[k], &dnorm1));
    }
    (BlockSlopes { output: dout, hidden_in: dhidden_in, middle: dmiddle, heads: dheads, qkv: dqkv }, dinput)
}
