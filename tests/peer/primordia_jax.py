"""Primordia's learner in JAX, in the manner of PureJaxRL: rollout, advantages, epochs and minibatches are one jitted
function. Tori, and the reward terms `shift`, `flow` and `soft_move`; the definitions are those of docs/model.md and of
`tests/reference`. Random numbers are JAX's own.

Colours and features are the first axis of every array and windows the last, so that elementwise work is done over many
windows at once. On a CPU each core is a device with its own worlds, and f goes through `tile` windows at a time, so that
what it computes stays in the core's cache; on a GPU a minibatch is one tile.

What was tried and was not faster, by how many times the CPU seconds of an update at d_model 16, roughly, on two busy
cores: attention as small matrix products 1.8, each query on its own 1.1; norms by reductions 1.1, unrolled 2.3; the
log-probability by one-hot rather than a gather 1.1; f rematerialised 1.1; tiles of 128, 512 or 1024 windows 1.05, none
1.4; threefry rather than rbg 1.2; the first layer's projections from a table of 90 rows, by one-hot, 1.0 (forward alone
1.7). XLA's fast-math and its single-threaded matrix products changed nothing that showed.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec

COLOURS, SLOTS, CRITIC_WIDTH, CRITIC_RATE = 10, 9, 16, 3.0
OFFSETS = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1)]
FOUR = [(-1, 0), (0, -1), (0, 1), (1, 0)]
DIRECTIONS = {4: FOUR, 8: [d for d in OFFSETS if d != (0, 0)]}


@dataclass(frozen=True)
class Config:
    """As `config.ron`; `radius` is that of `Local` credit, or None for `Global`."""

    size: tuple = (16, 16)
    worlds: int = 4
    d_model: int = 16
    layers: int = 1
    heads: int = 2
    mlp_ratio: int = 2
    copy_bias: float = 3.0
    aggregator_centre: float = 1.0
    aggregator_others: float = 1.0
    temperature: float = 1.0
    aggregator_temperature: float = 1.0
    directions: int = 8
    terms: tuple = (("shift", 1.0),)
    radius: int | None = 1
    steps: int = 50
    gamma: float = 0.99
    gae_lambda: float = 0.95
    clip: float = 0.1
    epochs: int = 2
    minibatches: int = 4
    learning_rate: float = 2e-3
    adam_eps: float = 1e-5
    entropy_coef: float = 0.003
    value_coef: float = 0.5
    max_grad_norm: float = 0.5
    target_kl: float = 0.05
    # How the peer goes about it, not what it computes.
    tile: int = 256


class State(NamedTuple):
    """A run between two updates; `worlds` is (B, H, W)."""

    params: dict
    m: dict
    v: dict
    adam_step: jax.Array
    returns: jax.Array  # mean and deviation of the last rollout's
    worlds: jax.Array
    key: jax.Array


def initial_params(c, key):
    """Each tensor under its name in a checkpoint."""
    d, params = c.d_model, {}

    def normal(name, shape, deviation):
        params[name] = deviation * jax.random.normal(jax.random.fold_in(key, len(params)), shape)

    def linear(name, inputs, outputs, gain=1.0):
        normal(name + ".weight", (inputs, outputs), gain / math.sqrt(inputs))
        params[name + ".bias"] = jnp.zeros(outputs)

    normal("f.embedding.colour", (COLOURS, d), 0.5)
    normal("f.embedding.position", (SLOTS, d), 0.5)
    residual = 1 / math.sqrt(2 * c.layers)
    for layer in range(c.layers):
        block = f"f.blocks.{layer}."
        linear(block + "attention.qkv", d, 3 * d)
        linear(block + "attention.out", d, d, residual)
        linear(block + "mlp.in", d, c.mlp_ratio * d)
        linear(block + "mlp.out", c.mlp_ratio * d, d, residual)
    linear("f.head", d, COLOURS, 1 / (1 + max(c.copy_bias, 0)))
    linear("critic.project", d, 3 * CRITIC_WIDTH, 6.0)
    linear("critic.value", CRITIC_WIDTH, 1, 0.1)
    alpha = jnp.full(SLOTS, c.aggregator_others).at[SLOTS // 2].set(c.aggregator_centre)
    params["g.weight"] = alpha[:, None, None] * jnp.eye(COLOURS)
    params["g.bias"] = jnp.zeros(COLOURS)
    return params


def one_hot(colours):
    """(...) → (10, ...)"""
    return (colours[None] == jnp.arange(COLOURS).reshape(-1, *[1] * colours.ndim)).astype(jnp.float32)


def times(weight, x):
    """(in, out), (in, ...) → (out, ...)"""
    return jnp.tensordot(weight, x, ((0,), (0,)))


def linear(params, name, x):
    return times(params[name + ".weight"], x) + params[name + ".bias"].reshape(-1, *[1] * (x.ndim - 1))


def norm(x):
    mean = jnp.full((x.shape[0], 1), 1 / x.shape[0])  # means as matrix products: faster than reductions on a CPU
    x = x - times(mean, x)
    return x * jax.lax.rsqrt(times(mean, x * x) + 1e-5)


def gelu(x):
    return jax.nn.gelu(x, approximate=True)


def attention(qkv, heads):
    """(3D, 9, n) → (D, 9, n)"""
    size = qkv.shape[0] // 3 // heads
    q, k, v = qkv.reshape(3, heads, size, SLOTS, -1)
    scores = (q[:, :, :, None] * k[:, :, None]).sum(1) / math.sqrt(size)
    weights = jnp.exp(scores - jax.lax.stop_gradient(scores.max(2, keepdims=True)))
    mixed = (weights[:, None] * v[:, :, None]).sum(3) / weights.sum(2)[:, None]
    return mixed.reshape(heads * size, SLOTS, -1)


def propose(c, params, windows):
    """f: (9, n) colours → logits (10, 9, n), pooled (D, n)"""
    here = one_hot(windows)
    x = times(params["f.embedding.colour"], here) + params["f.embedding.position"].T[:, :, None]
    for layer in range(c.layers):
        block = f"f.blocks.{layer}."
        mixed = attention(linear(params, block + "attention.qkv", norm(x)), c.heads)
        x = x + linear(params, block + "attention.out", mixed)
        x = x + linear(params, block + "mlp.out", gelu(linear(params, block + "mlp.in", norm(x))))
    x = norm(x)
    return linear(params, "f.head", x) + c.copy_bias * here, x.mean(1)


def log_softmax(logits, temperature):
    logits = (logits - jax.lax.stop_gradient(logits.max(0))) / temperature
    return logits - jnp.log(jnp.exp(logits).sum(0))


def chosen(log_p, colours):
    return jnp.take_along_axis(log_p, colours[None].astype(jnp.int32), 0)[0]


def entropy(log_p):
    return -(jnp.exp(log_p) * log_p).sum(0)


def draw(log_p, uniform):
    """By inverse CDF, unrolled: no Gumbel noise for each colour, no argmax."""
    p, colour, below = jnp.exp(log_p), jnp.zeros(uniform.shape, jnp.uint8), 0.0
    for i in range(COLOURS - 1):
        below = below + p[i]
        colour = colour + (uniform >= below).astype(jnp.uint8)
    return colour


def tiled(c, f, *arrays):
    """f over tiles of the last axis."""
    n = arrays[0].shape[-1]
    if n <= c.tile or n % c.tile:
        return f(*arrays)
    split = [jnp.moveaxis(a.reshape(*a.shape[:-1], -1, c.tile), -2, 0) for a in arrays]
    out = jax.lax.map(lambda tile: f(*tile), split)
    return jax.tree.map(lambda a: jnp.moveaxis(a, 0, -2).reshape(*a.shape[1:-1], -1), out)


def shifted(x, d):
    """x at y + d, on the last two axes."""
    return jnp.roll(x, (-d[0], -d[1]), (-2, -1))


def windows_of(grids):
    """(..., H, W) → (9, n)"""
    return jnp.stack([shifted(grids, d) for d in OFFSETS]).reshape(SLOTS, -1)


def around(x, low, high, stride=1):
    """The mean over rows and columns at the distances low..high times stride."""
    for axis in (-2, -1):
        x = sum(jnp.roll(x, -stride * i, axis) for i in range(low, high + 1)) / (high - low + 1)
    return x


def criticise(params, pooled, grids):
    """V in units of normalised return: (D, n) → the shape of `grids`, (..., H, W)"""
    p = linear(params, "critic.project", pooled).reshape(3, CRITIC_WIDTH, *grids.shape)
    hidden = gelu(p[0] + around(p[1], -1, 1) + around(around(p[2], -1, 1), -1, 1, stride=3))
    return linear(params, "critic.value", hidden)[0]


def aggregate(c, params, proposals, grids):
    """g: proposals (9, n) → logits (10, ..., H, W); pixel q takes slot k of the window at q − δ_k"""
    slots = proposals.reshape(SLOTS, *grids.shape)
    votes = jnp.stack([shifted(slots[k], (-row, -column)) for k, (row, column) in enumerate(OFFSETS)])
    weight = params["g.weight"].transpose(1, 0, 2)  # by vote, then slot, as a one-hot has them

    def merge(votes):
        return jnp.tensordot(weight, one_hot(votes), ((0, 1), (0, 1))) + params["g.bias"][:, None]

    return tiled(c, merge, votes.reshape(SLOTS, -1)).reshape(COLOURS, *grids.shape)


def step(c, params, grids, key):
    """One step of (B, H, W) worlds: proposals, the next state, both log-probabilities, normalised V."""
    one, other = jax.random.split(key)

    def act(windows, uniform):
        logits, pooled = propose(c, params, windows)
        log_p = log_softmax(logits, c.temperature)
        proposals = draw(log_p, uniform)
        return proposals, chosen(log_p, proposals).sum(0), pooled

    windows = windows_of(grids)
    proposals, log_p, pooled = tiled(c, act, windows, jax.random.uniform(one, windows.shape))
    pixel_log_p = log_softmax(aggregate(c, params, proposals, grids), c.aggregator_temperature)
    after = draw(pixel_log_p, jax.random.uniform(other, grids.shape))
    return proposals, log_p, after, chosen(pixel_log_p, after), criticise(params, pooled, grids)


def reward_maps(before, after, directions):
    """(B, H, W) twice → the terms' maps by block position."""
    def key(grids):
        cell = [shifted(grids, d).astype(jnp.int32) for d in ((0, 0), (0, 1), (1, 0), (1, 1))]
        return cell[0] * 1000 + cell[1] * 100 + cell[2] * 10 + cell[3]

    old, new, ways = key(before), key(after), DIRECTIONS[directions]
    match = jnp.stack([shifted(new, d) == old for d in ways])
    moves = match & jnp.stack([shifted(old, d) != old for d in ways])
    uniform = old % 1111 == 0
    leaves = ~uniform & (old != new)
    n, positions = len(ways), old[0].size

    # flow: blocks that go one way and one way only, less chance, less what goes the same way.
    only = leaves & (match.sum(0) == 1) & (moves.sum(0) == 1)
    taken = (only & match).sum((-2, -1))
    even = 1 / n
    excess = jnp.maximum(0, (taken / jnp.maximum(taken.sum(0), 1) - even) / (1 - even))
    kept = (only & match) * (1 - excess[..., None, None])
    count = jax.vmap(lambda o, w: jnp.zeros(COLOURS**4).at[w.ravel()].add(1.0)[o])(old, new)
    p = jnp.minimum(count / (positions - 1), 1)
    flow = jnp.where(leaves, kept.sum(0) - n * p * (1 - p) ** (n - 1), 0)

    def fraction(d):
        moved = (shifted(after, d) == before) & (shifted(before, d) != before) & (after != before)
        return around(moved.astype(jnp.float32), 0, 1) ** 2

    soft = jnp.where(uniform, 0, jnp.stack([fraction(d) for d in ways]).max(0))
    return {"shift": match.any(0).astype(jnp.float32), "flow": flow, "soft_move": soft}


def reward(c, before, after):
    """Each agent's, (B, H, W); the mean over agents is the reported reward on a torus."""
    maps = reward_maps(before, after, c.directions)  # what no term asks for is never computed under jit
    total = sum(weight * maps[term] for term, weight in c.terms)
    if c.radius is None:
        return jnp.broadcast_to(total.mean((-2, -1), keepdims=True), total.shape)
    return around(total, -1 - c.radius, c.radius)


class Batch(NamedTuple):
    """Grids that were acted on; the first axis is the grid's."""

    states: jax.Array  # (G, H, W)
    proposals: jax.Array  # (G, 9, H·W)
    log_p: jax.Array  # (G, H·W)
    after: jax.Array  # (G, H, W)
    pixel_log_p: jax.Array  # (G, H, W)
    advantages: jax.Array  # (G, H, W)
    returns: jax.Array  # (G, H, W), normalised


def loss(c, params, b):
    """Means over the batch."""
    proposals = jnp.moveaxis(b.proposals, 0, 1).reshape(SLOTS, -1)

    def agents(windows, proposals):
        logits, pooled = propose(c, params, windows)
        log_p = log_softmax(logits, c.temperature)
        return chosen(log_p, proposals).sum(0), entropy(log_p).sum(0), pooled

    def surrogate(log_ratio, advantages):
        ratio = jnp.exp(log_ratio)
        return -jnp.minimum(ratio * advantages, jnp.clip(ratio, 1 - c.clip, 1 + c.clip) * advantages).mean()

    log_p, spread, pooled = tiled(c, agents, windows_of(b.states), proposals)
    log_ratio = log_p - b.log_p.ravel()
    policy = surrogate(log_ratio, b.advantages.ravel())
    pixel_log_p = log_softmax(aggregate(c, params, proposals, b.states), c.aggregator_temperature)
    aggregator = surrogate(chosen(pixel_log_p, b.after) - b.pixel_log_p, b.advantages)
    value = 0.5 * ((criticise(params, pooled, b.states) - b.returns) ** 2).mean()
    total = policy + aggregator + c.value_coef * value - c.entropy_coef * (spread.mean() + entropy(pixel_log_p).mean())
    return total, (jnp.exp(log_ratio) - 1 - log_ratio).mean()


def gradient(c, params, batch):
    """Of the loss, and the KL: one grid of at least a tile at a time, summed."""
    grids, cells = len(batch.states), batch.states[0].size
    at_once = max(n for n in range(1, grids + 1) if grids % n == 0 and (n == 1 or n * cells <= c.tile))
    parts = jax.tree.map(lambda a: a.reshape(-1, at_once, *a.shape[1:]), batch)

    def add(total, part):
        slope, kl = jax.grad(partial(loss, c), has_aux=True)(params, part)
        return jax.tree.map(jnp.add, total, (slope, kl)), None

    zero = jax.tree.map(jnp.zeros_like, params), jnp.zeros(())
    total, _ = jax.lax.scan(add, zero, parts)
    return jax.lax.pmean(jax.tree.map(lambda a: a * at_once / grids, total), "device")


def adam(c, state, slope):
    size = jnp.sqrt(sum((g * g).sum() for g in jax.tree.leaves(slope)))
    slope = jax.tree.map(lambda g: g * jnp.minimum(1, c.max_grad_norm / size), slope)
    count = state.adam_step + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, state.m, slope)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, state.v, slope)

    def moved(name, p):
        rate = c.learning_rate * (CRITIC_RATE if name.startswith("critic.") else 1)
        return p - rate * (m[name] / (1 - 0.9**count)) / (jnp.sqrt(v[name] / (1 - 0.999**count)) + c.adam_eps)

    params = {name: moved(name, p) for name, p in state.params.items()}
    return state._replace(params=params, m=m, v=v, adam_step=count)


def rollout(c, state, key):
    """T steps of this device's worlds: the new worlds, what happened (T, B, ...), the last V."""
    mean, std = state.returns

    def one(grids, key):
        proposals, log_p, after, pixel_log_p, value = step(c, state.params, grids, key)
        proposals = jnp.moveaxis(proposals.reshape(SLOTS, len(grids), -1), 0, 1)
        paid = reward(c, grids, after)
        return after, (grids, proposals, log_p.reshape(len(grids), -1), after, pixel_log_p, value * std + mean, paid)

    worlds, acted = jax.lax.scan(one, state.worlds, jax.random.split(key, c.steps))
    _, pooled = tiled(c, partial(propose, c, state.params), windows_of(worlds))
    return worlds, acted, criticise(state.params, pooled, worlds) * std + mean


def moments(x):
    mean = jax.lax.pmean(x.mean(), "device")
    return mean, jnp.sqrt(jax.lax.pmean(((x - mean) ** 2).mean(), "device"))


def update(c, state):
    """A rollout and what is learned from it, on one device of several."""
    key, mine = state.key, jax.random.fold_in(state.key, jax.lax.axis_index("device"))
    key, _ = jax.random.split(key)
    worlds, (states, proposals, log_p, after, pixel_log_p, values, paid), last = rollout(c, state, mine)

    def back(running, at):
        paid, value, following = at
        running = paid + c.gamma * following - value + c.gamma * c.gae_lambda * running
        return running, running

    following = jnp.concatenate([values[1:], last[None]])
    _, raw = jax.lax.scan(back, jnp.zeros_like(last), (paid, values, following), reverse=True)
    mean, std = moments(raw)
    advantages = (raw - mean) / (std + 1e-8)
    mean, std = moments(raw + values)
    std = jnp.maximum(std, 1e-4)
    returns = (raw + values - mean) / std
    batch = Batch(states, proposals, log_p, after, pixel_log_p, advantages, returns)
    batch = jax.tree.map(lambda a: a.reshape(-1, *a.shape[2:]), batch)
    state = state._replace(returns=jnp.stack([mean, std]), worlds=worlds, key=key)

    def minibatch(carry, order):
        def learn(carry):
            state, _, taken, _ = carry
            slope, kl = gradient(c, state.params, jax.tree.map(lambda a: a[order], batch))
            going = kl <= c.target_kl
            after = adam(c, state, slope)
            return jax.tree.map(partial(jnp.where, going), after, state), going, taken + going, kl

        return jax.lax.cond(carry[1], learn, lambda carry: carry, carry), None

    grids = len(batch.states)
    orders = [jax.random.permutation(k, grids) for k in jax.random.split(jax.random.fold_in(mine, 1), c.epochs)]
    orders = jnp.stack(orders).reshape(c.epochs * c.minibatches, -1)
    learner = state._replace(worlds=jnp.zeros(()), key=jnp.zeros(()))
    start = learner, jnp.array(True), jnp.array(0), jnp.zeros(())
    (learner, _, taken, kl), _ = jax.lax.scan(minibatch, start, orders)
    state = learner._replace(worlds=state.worlds, key=state.key)
    return state, {"reward": jax.lax.pmean(paid.mean(), "device"), "kl": kl, "minibatches": taken}


class Learner:
    """A run on all devices that the worlds divide among."""

    def __init__(self, config, seed=0, params=None, worlds=None):
        devices = math.gcd(len(jax.devices()), config.worlds)
        self.config = config
        mesh = Mesh(np.array(jax.devices()[:devices]), ("device",))
        whole, split = PartitionSpec(), PartitionSpec("device")
        specs = State(whole, whole, whole, whole, whole, split, whole)
        place = partial(jax.shard_map, mesh=mesh, out_specs=(specs, whole), check_vma=False)
        jitted = jax.jit(place(partial(update, config), in_specs=(specs,)), donate_argnums=0)
        start, weights, run = jax.random.split(jax.random.key(seed), 3)
        if worlds is None:
            worlds = jax.random.randint(start, (config.worlds, *config.size), 0, COLOURS, jnp.uint8)
        params = initial_params(config, weights) if params is None else params
        zero = jax.tree.map(jnp.zeros_like, params)
        state = State(params, zero, jax.tree.map(jnp.copy, zero), jnp.zeros(()), jnp.array([0.0, 1.0]), worlds, run)
        spread = State(*(jax.NamedSharding(mesh, spec) for spec in specs))
        self.state = jax.device_put(state, spread)
        self.compiled = jitted.lower(self.state).compile()

    def update(self):
        self.state, metrics = self.compiled(self.state)
        return {name: float(value) for name, value in metrics.items()}


def stage(c):
    """(params, grid (H, W), key) → the next grid, on all devices, each with a part of the windows."""
    mesh, whole, split = Mesh(np.array(jax.devices()), ("device",)), PartitionSpec(), PartitionSpec(None, "device")

    def act(params, windows, key):
        uniform = jax.random.uniform(jax.random.fold_in(key, jax.lax.axis_index("device")), windows.shape)

        def one(windows, uniform):
            return draw(log_softmax(propose(c, params, windows)[0], c.temperature), uniform)

        return tiled(c, one, windows, uniform)

    acts = jax.shard_map(act, mesh=mesh, in_specs=(whole, split, whole), out_specs=split, check_vma=False)

    @partial(jax.jit, donate_argnums=1)
    def jump(params, grid, key):
        one, other = jax.random.split(key)
        logits = aggregate(c, params, acts(params, windows_of(grid), one), grid)
        return draw(log_softmax(logits, c.aggregator_temperature), jax.random.uniform(other, grid.shape))

    return jump
