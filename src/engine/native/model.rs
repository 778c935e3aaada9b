//! f over blocks of windows, one window a lane: forward, and backward to every weight.
//!
//! Of a block, a feature is [`Tokens`]: its nine tokens side by side. Products go output by output, so that nine sums stay
//! in registers and one weight serves them all.

use super::lanes::{LANES, Lanes, Real, Vector, WIDE, Wide, eight, gelu};
use crate::spec::config::Config;
use crate::spec::params::{Block, Params};
use crate::spec::{COLOURS, CRITIC_WIDTH, NORM_EPS, SLOTS};

/// Colours at slots.
pub const PAIRS: usize = SLOTS * COLOURS;
/// What the critic takes from a window.
pub const PROJECTED: usize = 3 * CRITIC_WIDTH;
/// Outputs that a weight's gradient is added up for at once, and inputs.
const TILE: (usize, usize) = (2, 4);

/// One feature of the nine tokens of a block's windows.
pub type Tokens<L> = [L; SLOTS];

/// Parameters as the kernels read them, laid out by `spec::params`, and what follows from them.
pub struct Net<L: Lanes> {
    pub table: Params,
    pub params: Vec<L::Real>,
    /// (90, 4D): x, q, k, v of every colour at every slot, row 10·slot + colour.
    embedded: Vec<L::Real>,
    /// For each layer the transposes of qkv, out, in and out again; of layer 0's qkv none.
    layers: Vec<[Vec<L::Real>; 4]>,
    head: Vec<L::Real>,
    /// (91 + 1, 16): g's rows and its bias, over its temperature, padded; the row of an absent vote is 0.
    pub votes: Vec<Wide<L>>,
    project: Vec<L::Real>,
    width: usize,
    heads: usize,
    pub copy_bias: f64,
    /// 1 over f's temperature, and over g's.
    pub coolness: (f64, f64),
}

/// (outputs, inputs + 1): what each output takes, its bias last.
fn transposed<R: Real>(params: &[R], block: Block) -> Vec<R> {
    let at = |i: usize| params[block.offset + i % block.rows * block.stride + i / block.rows];
    (0..block.columns * block.rows).map(at).collect()
}

/// x less its mean over its deviation, and one over the deviation.
fn norm_row<R: Real>(x: &[R]) -> (Vec<R>, R) {
    let n = R::of(x.len() as f64);
    let mean = x.iter().fold(R::default(), |a, &b| a + b) / n;
    let var = x.iter().fold(R::default(), |a, &b| a + (b - mean) * (b - mean)) / n;
    let r = R::of(1.0) / (var + R::of(f64::from(NORM_EPS))).sqrt();
    (x.iter().map(|&v| (v - mean) * r).collect(), r)
}

impl<L: Lanes> Net<L> {
    pub fn new(config: &Config, params: Vec<L::Real>) -> Self {
        let (model, table) = (&config.model, Params::new(&config.model));
        let d = model.d_model;
        let coolness = (1.0 / f64::from(model.temperature), 1.0 / f64::from(model.aggregator_temperature));
        let mut embedded = vec![L::Real::default(); PAIRS * 4 * d];
        let row = |r: usize| &params[table.embedding.offset + r * table.embedding.stride..][..d];
        let qkv = table.layers[0].qkv;
        L::run(
            #[inline(always)]
            || {
                for (pair, to) in embedded.chunks_exact_mut(4 * d).enumerate() {
                    let (x, to) = to.split_at_mut(d);
                    for (i, x) in x.iter_mut().enumerate() {
                        *x = row(pair % COLOURS)[i] + row(COLOURS + pair / COLOURS)[i];
                    }
                    let (n, _) = norm_row(x);
                    for j in (0..3 * d).step_by(LANES) {
                        let w = |i: usize| L::load(&params[qkv.offset + i * qkv.stride + j..]);
                        let mut sum = w(d);
                        for (i, &n) in n.iter().enumerate() {
                            sum = w(i).mul_add(L::splat(n), sum);
                        }
                        sum.store(&mut to[j..]);
                    }
                }
            },
        );
        let layers = (table.layers.iter().enumerate())
            .map(|(l, layer)| {
                let qkv = if l > 0 { transposed(&params, layer.qkv) } else { Vec::new() };
                let [out, mlp_in, mlp_out] =
                    [layer.attention_out, layer.mlp_in, layer.mlp_out].map(|block| transposed(&params, block));
                [qkv, out, mlp_in, mlp_out]
            })
            .collect();
        let (g, cool) = (table.aggregator, L::Real::of(coolness.1));
        let votes = (0..g.rows + 1)
            .map(|r| {
                let mut row = [L::Real::default(); WIDE];
                if r < g.rows {
                    let weights = &params[g.offset + r * g.stride..][..g.columns];
                    row.iter_mut().zip(weights).for_each(|(to, &w)| *to = w * cool);
                }
                Wide::load(&row)
            })
            .collect();
        Self {
            embedded,
            layers,
            head: transposed(&params, table.head),
            votes,
            project: transposed(&params, table.critic_project),
            width: d,
            heads: model.heads,
            copy_bias: f64::from(model.copy_bias),
            coolness,
            params,
            table,
        }
    }

    /// The weights of V's last layer, and its bias.
    pub fn value(&self) -> [L::Real; CRITIC_WIDTH + 1] {
        let block = self.table.critic_value;
        std::array::from_fn(|i| self.params[block.offset + i * block.stride])
    }

    /// Rows of weights as they lie, each an input's.
    fn rows(&self, block: Block) -> &[L::Real] {
        &self.params[block.offset..][..(block.rows - 1) * block.stride]
    }
}

/// What f computes for a block of windows, and what its backward pass needs.
pub struct Room<W> {
    x: Vec<Tokens<W>>,
    layers: Vec<LayerRoom<W>>,
    n: Vec<Tokens<W>>,
    r: Tokens<W>,
    /// Before the temperature, copy bias included.
    pub logits: [Tokens<W>; COLOURS],
    /// After the temperature.
    pub log_p: [Tokens<W>; COLOURS],
    pub p: [Tokens<W>; COLOURS],
    /// Of each slot.
    pub entropy: Tokens<W>,
    pooled: Vec<W>,
    pub projected: [W; PROJECTED],
}

struct LayerRoom<W> {
    n1: Vec<Tokens<W>>,
    r1: Tokens<W>,
    qkv: Vec<Tokens<W>>,
    /// (heads · 9 queries), keys.
    attention: Vec<Tokens<W>>,
    heads: Vec<Tokens<W>>,
    n2: Vec<Tokens<W>>,
    r2: Tokens<W>,
    hidden: Vec<Tokens<W>>,
    slope: Vec<Tokens<W>>,
}

fn tokens<W: Vector>(features: usize) -> Vec<Tokens<W>> {
    vec![[W::default(); SLOTS]; features]
}

impl<W: Vector> Room<W> {
    pub fn new(net: &Net<W::Eight>) -> Self {
        let (d, none) = (net.width, [W::default(); SLOTS]);
        let layer = |layer: &crate::spec::params::Layer| LayerRoom {
            n1: tokens(d),
            r1: none,
            qkv: tokens(3 * d),
            attention: tokens(net.heads * SLOTS),
            heads: tokens(d),
            n2: tokens(d),
            r2: none,
            hidden: tokens(layer.mlp_in.columns),
            slope: tokens(layer.mlp_in.columns),
        };
        Self {
            x: tokens(d),
            layers: net.table.layers.iter().map(layer).collect(),
            n: tokens(d),
            r: none,
            logits: [none; COLOURS],
            log_p: [none; COLOURS],
            p: [none; COLOURS],
            entropy: none,
            pooled: vec![W::default(); d],
            projected: [W::default(); PROJECTED],
        }
    }

    /// The attention of a layer's heads, (heads, 9 queries, 9 keys), of the window in lane `l`.
    pub fn attention(&self, l: usize) -> Vec<Vec<[[f32; SLOTS]; SLOTS]>> {
        let map = |head: &[Tokens<W>]| std::array::from_fn(|i| std::array::from_fn(|j| head[i][j].at(l).f64() as f32));
        self.layers.iter().map(|layer| layer.attention.chunks_exact(SLOTS).map(map).collect()).collect()
    }
}

/// y_j = Σ_i w_j,i x_i, of rows that are `stride` long; with `bias`, what follows the weights is added.
#[inline(always)]
fn linear<W: Vector>(w: &[W::Real], stride: usize, bias: bool, x: &[Tokens<W>], put: impl FnMut(usize, Tokens<W>)) {
    // Sixteen lanes come with registers for twice as many sums, which read x half as often.
    if W::N > LANES { tiles::<W, 2>(w, stride, bias, x, put) } else { tiles::<W, 1>(w, stride, bias, x, put) }
}

/// The same, T outputs at a time.
#[inline(always)]
fn tiles<W: Vector, const T: usize>(
    w: &[W::Real],
    stride: usize,
    bias: bool,
    x: &[Tokens<W>],
    mut put: impl FnMut(usize, Tokens<W>),
) {
    for (j, w) in w.chunks_exact(T * stride).enumerate() {
        let mut acc = [[W::default(); SLOTS]; T];
        if bias {
            for t in 0..T {
                acc[t] = [W::splat(w[t * stride + x.len()]); SLOTS];
            }
        }
        let w = &w[..(T - 1) * stride + x.len()];
        for (i, x) in x.iter().enumerate() {
            for t in 0..T {
                let w = W::splat(w[t * stride + i]);
                for k in 0..SLOTS {
                    acc[t][k] = w.mul_add(x[k], acc[t][k]);
                }
            }
        }
        for t in 0..T {
            put(T * j + t, acc[t]);
        }
    }
}

/// dW += xᵀ·dy and the bias's row, each weight with lanes of its own, which are summed at the very end.
#[inline(always)]
fn outer<W: Vector>(x: &[Tokens<W>], dy: &[Tokens<W>], block: Block, slopes: &mut [W]) {
    let dw = &mut slopes[block.offset..][..block.rows * block.stride];
    for (i, x) in x.chunks_exact(TILE.1).enumerate() {
        for (j, dy) in dy.chunks_exact(TILE.0).enumerate() {
            let at = |a: usize, b: usize| (TILE.1 * i + a) * block.stride + TILE.0 * j + b;
            let mut acc = [[W::default(); TILE.0]; TILE.1];
            for a in 0..TILE.1 {
                for b in 0..TILE.0 {
                    acc[a][b] = dw[at(a, b)];
                }
            }
            for k in 0..SLOTS {
                for a in 0..TILE.1 {
                    for b in 0..TILE.0 {
                        acc[a][b] = x[a][k].mul_add(dy[b][k], acc[a][b]);
                    }
                }
            }
            for a in 0..TILE.1 {
                for b in 0..TILE.0 {
                    dw[at(a, b)] = acc[a][b];
                }
            }
        }
    }
    for (dw, dy) in dw[x.len() * block.stride..].iter_mut().zip(dy) {
        for d in dy {
            *dw += *d;
        }
    }
}

/// y = (x − mean)/deviation of every token; one over the deviation.
#[inline(always)]
fn norm<W: Vector>(x: &[Tokens<W>], y: &mut [Tokens<W>]) -> Tokens<W> {
    let share = W::of(1.0 / x.len() as f64);
    let mut mean = [W::default(); SLOTS];
    for x in x {
        for k in 0..SLOTS {
            mean[k] += x[k];
        }
    }
    for mean in &mut mean {
        *mean = *mean * share;
    }
    let mut r = [W::default(); SLOTS];
    for (x, y) in x.iter().zip(&mut *y) {
        for k in 0..SLOTS {
            y[k] = x[k] - mean[k];
            r[k] = y[k].mul_add(y[k], r[k]);
        }
    }
    for r in &mut r {
        *r = W::of(1.0) / (*r * share + W::of(f64::from(NORM_EPS))).sqrt();
    }
    for y in y {
        for k in 0..SLOTS {
            y[k] = y[k] * r[k];
        }
    }
    r
}

/// dx from dy, in place, where y = norm(x) and r is one over the deviation.
#[inline(always)]
fn norm_backward<W: Vector>(y: &[Tokens<W>], r: &Tokens<W>, dy: &mut [Tokens<W>]) {
    let share = W::of(1.0 / y.len() as f64);
    let (mut mean, mut along) = ([W::default(); SLOTS], [W::default(); SLOTS]);
    for (y, dy) in y.iter().zip(&*dy) {
        for k in 0..SLOTS {
            mean[k] += dy[k];
            along[k] = dy[k].mul_add(y[k], along[k]);
        }
    }
    for k in 0..SLOTS {
        (mean[k], along[k]) = (mean[k] * share, along[k] * share);
    }
    for (y, dy) in y.iter().zip(dy) {
        for k in 0..SLOTS {
            dy[k] = (dy[k] - mean[k] - y[k] * along[k]) * r[k];
        }
    }
}

/// out[i][j] = Σ_c a[c][i]·b[c][j]
#[inline(always)]
fn by_channels<W: Vector>(a: &[Tokens<W>], b: &[Tokens<W>], out: &mut [Tokens<W>]) {
    for i in (0..SLOTS).step_by(3) {
        for j in (0..SLOTS).step_by(3) {
            let mut acc = [[W::default(); 3]; 3];
            for (a, b) in a.iter().zip(b) {
                for s in 0..3 {
                    for t in 0..3 {
                        acc[s][t] = a[i + s].mul_add(b[j + t], acc[s][t]);
                    }
                }
            }
            for s in 0..3 {
                out[i + s][j..j + 3].copy_from_slice(&acc[s]);
            }
        }
    }
}

/// out[c][i] = Σ_j w[i][j]·b[c][j], or with w transposed.
#[inline(always)]
fn by_tokens<W: Vector, const T: bool>(w: &[Tokens<W>], b: &[Tokens<W>], out: &mut [Tokens<W>]) {
    let w: &[Tokens<W>; SLOTS] = w.first_chunk().expect("as many as tokens");
    for (b, out) in b.iter().zip(out) {
        let mut acc = [W::default(); SLOTS];
        for j in 0..SLOTS {
            for i in 0..SLOTS {
                acc[i] = (if T { w[j][i] } else { w[i][j] }).mul_add(b[j], acc[i]);
            }
        }
        *out = acc;
    }
}

/// Features of token `k` from rows of the block's windows, from number `first` on.
#[inline(always)]
fn load<'a, W: Vector>(row: impl Fn(usize) -> &'a [W::Real], first: usize, to: &mut [Tokens<W>], k: usize) {
    for (i, to) in to.chunks_exact_mut(LANES).enumerate() {
        let columns = W::columns(
            #[inline(always)]
            |l| &row(l)[first + LANES * i..],
        );
        for (to, column) in to.iter_mut().zip(columns) {
            to[k] = column;
        }
    }
}

/// f of as many windows as there are lanes.
#[inline(always)]
pub fn forward<W: Vector>(net: &Net<W::Eight>, windows: &[[u8; SLOTS]], room: &mut Room<W>) {
    let d = net.width;
    for k in 0..SLOTS {
        let row = |l: usize| &net.embedded[(COLOURS * k + usize::from(windows[l][k])) * 4 * d..][..4 * d];
        load(row, 0, &mut room.x, k);
        load(row, d, &mut room.layers[0].qkv, k);
    }
    for l in 0..room.layers.len() {
        layer_forward(net, l, &mut room.x, &mut room.layers[l]);
    }
    room.r = norm(&room.x, &mut room.n);
    head(net, windows, room);
    let ninth = W::of(1.0 / SLOTS as f64);
    for (pooled, n) in room.pooled.iter_mut().zip(&room.n) {
        let mut sum = n[0];
        for k in 1..SLOTS {
            sum += n[k];
        }
        *pooled = sum * ninth;
    }
    for (w, to) in net.project.chunks_exact(8 * (d + 1)).zip(room.projected.chunks_exact_mut(8)) {
        let w: [&[W::Real]; 8] = eight(
            #[inline(always)]
            |t| &w[t * (d + 1)..][..d + 1],
        );
        let mut acc = eight(
            #[inline(always)]
            |t| W::splat(w[t][d]),
        );
        for (i, &pooled) in room.pooled.iter().enumerate() {
            for t in 0..8 {
                acc[t] = W::splat(w[t][i]).mul_add(pooled, acc[t]);
            }
        }
        to.copy_from_slice(&acc);
    }
}

#[inline(always)]
fn layer_forward<W: Vector>(net: &Net<W::Eight>, l: usize, x: &mut [Tokens<W>], room: &mut LayerRoom<W>) {
    let (d, size) = (net.width, net.width / net.heads);
    let [w_qkv, w_out, w_in, w_mlp] = &net.layers[l];
    if l > 0 {
        room.r1 = norm(x, &mut room.n1);
        let qkv = &mut room.qkv;
        linear(
            w_qkv,
            d + 1,
            true,
            &room.n1,
            #[inline(always)]
            |j, y| qkv[j] = y,
        );
    }
    let (q, kv) = room.qkv.split_at(d);
    let (k, v) = kv.split_at(d);
    let scale = W::of(1.0 / (size as f64).sqrt());
    for (h, weights) in room.attention.chunks_exact_mut(SLOTS).enumerate() {
        let of = h * size..(h + 1) * size;
        by_channels(&q[of.clone()], &k[of.clone()], weights);
        for s in &mut *weights {
            let mut largest = s[0];
            for j in 1..SLOTS {
                largest = largest.larger(s[j]);
            }
            let mut sum = W::default();
            for s in &mut *s {
                *s = ((*s - largest) * scale).exp();
                sum += *s;
            }
            let r = sum.reciprocal();
            for s in s {
                *s = *s * r;
            }
        }
        by_tokens::<W, false>(weights, &v[of.clone()], &mut room.heads[of]);
    }
    linear(
        w_out,
        d + 1,
        true,
        &room.heads,
        #[inline(always)]
        |j, y| add(&mut x[j], &y),
    );
    room.r2 = norm(x, &mut room.n2);
    let (hidden, slope) = (&mut room.hidden, &mut room.slope);
    linear(
        w_in,
        d + 1,
        true,
        &room.n2,
        #[inline(always)]
        |j, y| {
            for k in 0..SLOTS {
                (hidden[j][k], slope[j][k]) = gelu(y[k]);
            }
        },
    );
    linear(
        w_mlp,
        room.hidden.len() + 1,
        true,
        &room.hidden,
        #[inline(always)]
        |j, y| add(&mut x[j], &y),
    );
}

#[inline(always)]
fn add<W: Vector>(to: &mut Tokens<W>, y: &Tokens<W>) {
    for k in 0..SLOTS {
        to[k] += y[k];
    }
}

/// Logits, their log-softmax at the temperature, and its entropy.
#[inline(always)]
fn head<W: Vector>(net: &Net<W::Eight>, windows: &[[u8; SLOTS]], room: &mut Room<W>) {
    let z = &mut room.logits;
    linear(
        &net.head,
        net.width + 1,
        true,
        &room.n,
        #[inline(always)]
        |j, y| z[j] = y,
    );
    let (bias, cool) = (W::of(net.copy_bias), W::of(net.coolness.0));
    for k in 0..SLOTS {
        let here = W::small(
            #[inline(always)]
            |l| windows[l][k],
        );
        let mut y = [W::default(); COLOURS];
        for c in 0..COLOURS {
            room.logits[c][k] += here.equal(W::of(c as f64), bias);
            y[c] = room.logits[c][k] * cool;
        }
        let p = softmax(&mut y);
        let mut entropy = W::default();
        for c in 0..COLOURS {
            entropy = entropy - p[c] * y[c];
            room.p[c][k] = p[c];
            room.log_p[c][k] = y[c];
        }
        room.entropy[k] = entropy;
    }
}

/// Logits to log-probabilities, in place; and probabilities.
#[inline(always)]
pub fn softmax<W: Vector>(z: &mut [W; COLOURS]) -> [W; COLOURS] {
    let mut largest = z[0];
    for c in 1..COLOURS {
        largest = largest.larger(z[c]);
    }
    let (mut p, mut sum) = ([W::default(); COLOURS], W::default());
    for c in 0..COLOURS {
        z[c] = z[c] - largest;
        p[c] = z[c].exp();
        sum += p[c];
    }
    let (log, r) = (sum.ln(), sum.reciprocal());
    for c in 0..COLOURS {
        z[c] = z[c] - log;
        p[c] = p[c] * r;
    }
    p
}

/// Gradients of one thread's windows.
pub struct Slopes<W: Vector> {
    /// As the parameters, lane by lane.
    lanes: Vec<W>,
    /// As the embedded pairs.
    embedded: Vec<W::Real>,
}

/// Room for what flows back.
pub struct Back<W> {
    /// By the logits, before the temperature.
    pub dlogits: [Tokens<W>; COLOURS],
    pub dprojected: [W; PROJECTED],
    dpooled: Vec<W>,
    dx: Vec<Tokens<W>>,
    dn: Vec<Tokens<W>>,
    dhidden: Vec<Tokens<W>>,
    dheads: Vec<Tokens<W>>,
    da: [Tokens<W>; SLOTS],
    dqkv: Vec<Tokens<W>>,
}

impl<W: Vector> Back<W> {
    pub fn new(net: &Net<W::Eight>) -> Self {
        let (d, none) = (net.width, [W::default(); SLOTS]);
        Self {
            dlogits: [none; COLOURS],
            dprojected: [W::default(); PROJECTED],
            dpooled: vec![W::default(); d],
            dx: tokens(d),
            dn: tokens(d),
            dhidden: tokens(net.table.layers[0].mlp_in.columns),
            dheads: tokens(d),
            da: [none; SLOTS],
            dqkv: tokens(3 * d),
        }
    }
}

impl<W: Vector> Slopes<W> {
    pub fn new(net: &Net<W::Eight>) -> Self {
        let embedded = vec![W::Real::default(); net.embedded.len()];
        Self { lanes: vec![W::default(); net.table.aggregator.offset], embedded }
    }

    pub fn clear(&mut self) {
        self.lanes.fill(W::default());
        self.embedded.fill(W::Real::default());
    }

    /// Adds them to a gradient, of which the embedded pairs' are kept apart until [`fold_embedded`].
    pub fn add_to(&self, gradient: &mut [W::Real], embedded: &mut [W::Real]) {
        W::Eight::run(
            #[inline(always)]
            || {
                for (to, from) in gradient.iter_mut().zip(&self.lanes) {
                    *to += from.sum();
                }
                for (to, &from) in embedded.iter_mut().zip(&self.embedded) {
                    *to += from;
                }
            },
        );
    }

    /// Adds the gradients that flow from `dlogits` and `dprojected` of a block that has gone forward.
    #[inline(always)]
    pub fn backward(&mut self, net: &Net<W::Eight>, windows: &[[u8; SLOTS]], room: &Room<W>, back: &mut Back<W>) {
        let (table, w) = (&net.table, &mut self.lanes[..]);
        // The critic's projection, once a window.
        let block = table.critic_project;
        for (i, (dpooled, &pooled)) in back.dpooled.iter_mut().zip(&room.pooled).enumerate() {
            let weights = &net.params[block.offset + i * block.stride..][..PROJECTED];
            let dw = &mut w[block.offset + i * block.stride..][..PROJECTED];
            let mut sum = [W::default(); 4];
            for j in 0..PROJECTED {
                sum[j % 4] = W::splat(weights[j]).mul_add(back.dprojected[j], sum[j % 4]);
                dw[j] = pooled.mul_add(back.dprojected[j], dw[j]);
            }
            *dpooled = (sum[0] + sum[1] + (sum[2] + sum[3])) * W::of(1.0 / SLOTS as f64);
        }
        for (dw, &d) in w[block.offset + (block.rows - 1) * block.stride..].iter_mut().zip(&back.dprojected) {
            *dw += d;
        }
        outer(&room.n, &back.dlogits, table.head, w);
        let (dx, dpooled) = (&mut back.dx, &back.dpooled);
        linear(
            net.rows(table.head),
            table.head.stride,
            false,
            &back.dlogits,
            #[inline(always)]
            |i, d| {
                for k in 0..SLOTS {
                    dx[i][k] = d[k] + dpooled[i];
                }
            },
        );
        norm_backward(&room.n, &room.r, &mut back.dx);
        for l in (0..room.layers.len()).rev() {
            layer_backward(net, l, &room.layers[l], back, w);
        }
        let d = net.width;
        for k in 0..SLOTS {
            for i in (0..4 * d).step_by(LANES) {
                let from = if i < d { &back.dx[i..] } else { &back.dqkv[i - d..] };
                let columns = eight(
                    #[inline(always)]
                    |j| from[j][k],
                );
                W::rows(
                    columns,
                    #[inline(always)]
                    |l, row| {
                        let at = (COLOURS * k + usize::from(windows[l][k])) * 4 * d + i;
                        let to = &mut self.embedded[at..][..LANES];
                        (W::Eight::load(to) + row).store(to);
                    },
                );
            }
        }
    }
}

#[inline(always)]
fn layer_backward<W: Vector>(net: &Net<W::Eight>, l: usize, room: &LayerRoom<W>, back: &mut Back<W>, w: &mut [W]) {
    let (layer, d, size) = (&net.table.layers[l], net.width, net.width / net.heads);
    outer(&room.hidden, &back.dx, layer.mlp_out, w);
    let dhidden = &mut back.dhidden;
    linear(
        net.rows(layer.mlp_out),
        layer.mlp_out.stride,
        false,
        &back.dx,
        #[inline(always)]
        |i, d| {
            for k in 0..SLOTS {
                dhidden[i][k] = d[k] * room.slope[i][k];
            }
        },
    );
    outer(&room.n2, &back.dhidden, layer.mlp_in, w);
    let dn = &mut back.dn;
    linear(
        net.rows(layer.mlp_in),
        layer.mlp_in.stride,
        false,
        &back.dhidden,
        #[inline(always)]
        |i, d| dn[i] = d,
    );
    norm_backward(&room.n2, &room.r2, &mut back.dn);
    for (dx, dn) in back.dx.iter_mut().zip(&back.dn) {
        add(dx, dn);
    }
    outer(&room.heads, &back.dx, layer.attention_out, w);
    let dheads = &mut back.dheads;
    linear(
        net.rows(layer.attention_out),
        layer.attention_out.stride,
        false,
        &back.dx,
        #[inline(always)]
        |i, d| dheads[i] = d,
    );
    let (q, kv) = room.qkv.split_at(d);
    let (k, v) = kv.split_at(d);
    let (dq, dkv) = back.dqkv.split_at_mut(d);
    let (dk, dv) = dkv.split_at_mut(d);
    let scale = W::of(1.0 / (size as f64).sqrt());
    for (h, weights) in room.attention.chunks_exact(SLOTS).enumerate() {
        let of = h * size..(h + 1) * size;
        by_tokens::<W, true>(weights, &back.dheads[of.clone()], &mut dv[of.clone()]);
        by_channels(&back.dheads[of.clone()], &v[of.clone()], &mut back.da);
        for i in 0..SLOTS {
            let mut mean = W::default();
            for j in 0..SLOTS {
                mean = weights[i][j].mul_add(back.da[i][j], mean);
            }
            for j in 0..SLOTS {
                back.da[i][j] = weights[i][j] * (back.da[i][j] - mean) * scale;
            }
        }
        by_tokens::<W, false>(&back.da, &k[of.clone()], &mut dq[of.clone()]);
        by_tokens::<W, true>(&back.da, &q[of.clone()], &mut dk[of]);
    }
    if l > 0 {
        outer(&room.n1, &back.dqkv, layer.qkv, w);
        let dn = &mut back.dn;
        linear(
            net.rows(layer.qkv),
            layer.qkv.stride,
            false,
            &back.dqkv,
            #[inline(always)]
            |i, d| dn[i] = d,
        );
        norm_backward(&room.n1, &room.r1, &mut back.dn);
        for (dx, dn) in back.dx.iter_mut().zip(&back.dn) {
            add(dx, dn);
        }
    }
}

/// Folds the gradient of the embedded pairs back to the embedding and layer 0's projections.
pub fn fold_embedded<L: Lanes>(net: &Net<L>, dembedded: &[L::Real], gradient: &mut [L::Real]) {
    let (d, qkv, embedding) = (net.width, net.table.layers[0].qkv, net.table.embedding);
    L::run(
        #[inline(always)]
        || {
            for (pair, row) in dembedded.chunks_exact(4 * d).enumerate() {
                let (dx, dqkv) = row.split_at(d);
                let (n, r) = norm_row(&net.embedded[pair * 4 * d..][..d]);
                let mut dn = vec![L::Real::default(); d];
                for i in 0..d {
                    let w = &net.params[qkv.offset + i * qkv.stride..][..3 * d];
                    let mut sum = L::default();
                    for j in (0..3 * d).step_by(LANES) {
                        sum = L::load(&w[j..]).mul_add(L::load(&dqkv[j..]), sum);
                    }
                    dn[i] = sum.sum();
                    for (g, &d) in gradient[qkv.offset + i * qkv.stride..][..3 * d].iter_mut().zip(dqkv) {
                        *g = n[i].mul_add(d, *g);
                    }
                }
                for (g, &d) in gradient[qkv.offset + d * qkv.stride..][..3 * d].iter_mut().zip(dqkv) {
                    *g += d;
                }
                let count = L::Real::of(d as f64);
                let mean = dn.iter().fold(L::Real::default(), |a, &b| a + b) / count;
                let along = (0..d).fold(L::Real::default(), |a, i| a + dn[i] * n[i]) / count;
                for i in 0..d {
                    let slope = dx[i] + (dn[i] - mean - n[i] * along) * r;
                    for row in [pair % COLOURS, COLOURS + pair / COLOURS] {
                        gradient[embedding.offset + row * embedding.stride + i] += slope;
                    }
                }
            }
        },
    );
}
