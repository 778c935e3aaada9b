"""Runs Primordia and the peer in alternation, first checks that they compute the same, and prints the ratios."""

import argparse
import csv
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
# Each core is a device of its own: the worlds are independent until their gradients meet. This must be said before JAX
# looks for devices, and does nothing to a GPU.
os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={os.cpu_count()} " + os.environ.get("XLA_FLAGS", "")
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from safetensors.numpy import load_file  # noqa: E402

import primordia_jax as peer  # noqa: E402

# The generator that the platform does fastest; threefry took 1.2 times as long for a whole update.
jax.config.update("jax_default_prng_impl", "rbg")
ON_GPU = jax.default_backend() != "cpu"
TILE = 65536 if ON_GPU else peer.Config.tile

RUN_1 = peer.Config(tile=TILE)
# So small that nothing is learned, though all the work of learning is done: no update may end early.
STILL = replace(RUN_1, learning_rate=1e-7, target_kl=1000.0)
# g forgets its votes: every next state is uniform noise.
NOISE = replace(STILL, copy_bias=0.0, aggregator_centre=0.0, aggregator_others=0.0)
# Nine certain copies outvote any one mistake: worlds stay as they start.
FROZEN = replace(STILL, copy_bias=10.0, aggregator_centre=20.0, aggregator_others=20.0)


def ron(c, start="Random"):
    terms = ", ".join(f'"{term}": {weight}' for term, weight in c.terms)
    credit = "Global" if c.radius is None else f"Local(radius: {c.radius})"
    model = ("d_model", "layers", "heads", "mlp_ratio", "copy_bias", "aggregator_centre", "aggregator_others",
             "temperature", "aggregator_temperature")
    ppo = ("gamma", "gae_lambda", "clip", "epochs", "minibatches", "learning_rate", "adam_eps", "entropy_coef",
           "value_coef", "max_grad_norm", "target_kl")

    def fields(names):
        return ", ".join(f"{name}: {getattr(c, name):.10g}" for name in names)

    return f"""(
    world: (size: {c.size}, boundary: Torus, count: {c.worlds}, start: {start}, fresh_every: 0),
    model: ({fields(model)}),
    reward: (directions: {"Four" if c.directions == 4 else "Eight"}, terms: {{{terms}}}, credit: {credit}),
    ppo: (steps_per_update: {c.steps}, {fields(ppo)}),
    run: (updates: 1, seed: 0),
)"""


class Primordia:
    """Its command line, in a folder for what it writes."""

    def __init__(self, program, engine, folder):
        self.program, self.engine, self.folder, self.runs = Path(program).resolve(), engine, folder, 0

    def call(self, *arguments):
        command = [self.program, "--engine", self.engine, *map(str, arguments)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"primordia {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done.stdout

    def train(self, config, updates, seed=0, start="Random"):
        """The run's folder and its metrics."""
        self.runs += 1
        out = self.folder / f"run-{self.runs}"
        (self.folder / "config.ron").write_text(ron(config, start))
        self.call("train", "--config", "config.ron", "--updates", updates, "--seed", seed, "--out", out)
        with open(out / "metrics.csv") as file:
            return out, [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def distinct(worlds):
    """How many distinct windows (B, H, W) tori have together."""
    keys = np.zeros(worlds.shape, np.int64)
    for d in peer.OFFSETS:
        keys = keys * 10 + np.roll(worlds, (-d[0], -d[1]), (-2, -1))
    return len(np.unique(keys))


def picture(size, windows, seed):
    """One colour, and as much noise from the top as gives about so many distinct windows."""
    noise = np.random.default_rng(seed).integers(0, 10, size, np.uint8)

    def filled(cells):
        return np.where(np.arange(noise.size).reshape(size) < cells, noise, 0).astype(np.uint8)

    low, high = 0, noise.size
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if distinct(filled(middle)[None]) < windows else (low, middle)
    return filled(low)


def pictures(folder, c, share):
    """A folder of pictures for worlds that stay as they start, so that a rollout has about this share of distinct
    windows, so many that worlds seldom start from the same one; and the pictures."""
    folder.mkdir()
    made = [picture(c.size, share * c.steps * math.prod(c.size), seed) for seed in range(16 * c.worlds)]
    for i, grid in enumerate(made):
        np.save(folder / f"{i}.npy", grid)
    return np.stack(made)


def check(primordia):
    """Both sides' f, g, V and rewards on the same state, to 1e-4."""
    c = replace(RUN_1, layers=2, d_model=32, heads=4, steps=5)
    folder, _ = primordia.train(c, 1)
    grid = np.random.default_rng(0).integers(0, 10, (16, 16), np.uint8)
    np.save(primordia.folder / "state.npy", grid)
    primordia.call("probe", folder, "--init", "state.npy", "--out", "probe.safetensors")
    want, params = load_file(primordia.folder / "probe.safetensors"), load_file(folder / "checkpoint.safetensors")
    grids = jnp.array(grid)[None]
    logits, pooled = jax.jit(lambda p, w: peer.propose(c, p, w))(params, peer.windows_of(grids))
    value = peer.criticise(params, pooled, grids)[0].ravel()
    want["value"] = (want["value"] - params["critic.return_mean"]) / params["critic.return_std"]
    z = peer.aggregate(c, params, logits.argmax(0), grids)[:, 0]
    worst = {"logits": abs(logits.transpose(2, 1, 0) - want["logits"]).max(), "value": abs(value - want["value"]).max(),
             "aggregator_logits": abs(jnp.moveaxis(z, 0, -1) - want["aggregator_logits"]).max()}
    path = HERE.parent / "data/post-clip-1.npy"
    clip = np.load(path)
    for directions in (4, 8):
        told = primordia.call("score", path, "--boundary", "torus", "--directions", directions, "--json")
        ours = peer.reward_maps(jnp.array(clip[:-1]), jnp.array(clip[1:]), directions)
        for term, of in ours.items():
            worst[f"{term}, {directions} directions"] = abs(float(of.mean()) - json.loads(told)["terms"][term])
    wrong = {name: float(off) for name, off in worst.items() if not off < 1e-4}
    if wrong:
        sys.exit(f"The peer computes something else than Primordia; largest differences: {wrong}")
    return {name: float(off) for name, off in worst.items()}


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def alternate(rounds, ours, theirs):
    """Speeds of both sides, in turn, and their ratio in each round."""
    speeds = [(ours(), theirs()) for _ in range(rounds)]
    a, b = zip(*speeds)
    return {"primordia": spread(a), "jax": spread(b), "ratio": spread([x / y for x, y in speeds])}


def speed(primordia, base, share, rounds, updates):
    """Agent-steps a second of training; `share` of distinct windows, or None for noise."""
    c = replace(base, **{name: getattr(NOISE if share is None else FROZEN, name) for name in
                         ("learning_rate", "target_kl", "copy_bias", "aggregator_centre", "aggregator_others")})
    start, worlds, shares, looked_at = "Random", None, [], []
    if share is not None:
        folder = primordia.folder / f"pictures-{primordia.runs}"
        begun, start = pictures(folder, c, share), f'Folder("{folder}")'
        worlds = jnp.array(begun[: c.worlds])
    learner = peer.Learner(c, worlds=worlds)
    agent_steps = c.worlds * c.steps * math.prod(c.size)

    def ours():
        out, rows = primordia.train(c, 2 + updates, start=start)
        if not all(row["kl"] < 1e-3 for row in rows):
            sys.exit("Primordia's policy moved though it should stay; the comparison would be unfair.")
        looked_at.append(rows[-1]["distinct_windows"])
        if share is not None:
            now = load_file(out / "checkpoint.safetensors")["worlds"]
            if not all(any((world == made).all() for made in begun) for world in now):
                sys.exit("A world that should stay as it starts did not; its distinct windows cannot be told.")
            shares.append(distinct(now) / agent_steps)
        return statistics.median(row["agent_steps_per_second"] for row in rows[2:])

    def theirs():
        seconds = []
        for _ in range(updates):
            begin = time.perf_counter()
            if learner.update()["minibatches"] != c.epochs * c.minibatches:
                sys.exit("The peer ended an update early; the comparison would be unfair.")
            seconds.append(time.perf_counter() - begin)
        return agent_steps / statistics.median(seconds)

    result = alternate(rounds, ours, theirs)
    case = {"size": c.size, "worlds": c.worlds, "d_model": c.d_model, "steps": c.steps}
    told = statistics.median(looked_at)
    return {**case, "distinct": statistics.median(shares or looked_at), "distinct_windows": told, **result}


def learn(primordia, seeds, updates, out):
    """Seconds of learning from noise to .95 of `shift`."""
    curves = []
    for seed in seeds:
        _, rows = primordia.train(RUN_1, updates, seed)
        ours = [(row["seconds"], row["reward"]) for row in rows]
        learner, seconds, theirs = peer.Learner(RUN_1, seed), 0.0, []
        for _ in range(updates):
            begin = time.perf_counter()
            reward = learner.update()["reward"]
            seconds += time.perf_counter() - begin
            theirs.append((seconds, reward))
        curves.append({"seed": seed, "primordia": ours, "jax": theirs})
    (out / "learning.json").write_text(json.dumps(curves))

    def reached(curve, reward):
        found = ({"update": i + 1, "seconds": s} for i, (s, at) in enumerate(curve) if at >= reward)
        return next(found, {"update": None, "seconds": None})

    rows = []
    for curve in curves:
        row = {side: {str(at): reached(curve[side], at) for at in (0.9, 0.95)} for side in ("primordia", "jax")}
        ours, theirs = (row[side]["0.95"]["seconds"] for side in ("primordia", "jax"))
        rows.append({"seed": curve["seed"], **row, "ratio": theirs / ours if ours and theirs else None})
    return rows


def stage(primordia, c, side, share, rounds):
    """Steps a second of one large world that stays as it starts, or, without a share, of noise that stays noise."""
    folder, _ = primordia.train(replace(c, size=(16, 16)), 1)
    noise = np.random.default_rng(0).integers(0, 10, (side, side), np.uint8)
    grid = noise if share is None else picture((side, side), share * side * side, 0)
    warm, steps = (1, 2) if share is None else (5, 20)
    np.save(primordia.folder / "stage.npy", grid)
    jump, act = peer.stage(c), jax.random.key(0)
    params = {name: value for name, value in load_file(folder / "checkpoint.safetensors").items() if name[0] in "fg"}
    # Twice: the first step's result lies on all devices, which compiles the second anew.
    state = jump(params, jump(params, jnp.array(grid), act), act).block_until_ready()

    def ours():
        def seconds(n):
            begin = time.perf_counter()
            primordia.call("play", folder, "--init", "stage.npy", "--steps", n)
            return time.perf_counter() - begin
        return steps / (seconds(warm + steps) - seconds(warm))

    def theirs():
        nonlocal state
        begin = time.perf_counter()
        for i in range(3):
            state = jump(params, state, jax.random.fold_in(act, i))
        state.block_until_ready()
        return 3 / (time.perf_counter() - begin)

    case = {"side": side, "d_model": c.d_model, "distinct": distinct(grid[None]) / grid.size}
    return {**case, **alternate(rounds, ours, theirs)}


def machine():
    model = platform.processor()
    if Path("/proc/cpuinfo").exists():
        names = [line.split(":")[1] for line in open("/proc/cpuinfo") if line.startswith("model name")]
        model = names[0].strip() if names else model
    return {"cpu": model, "cores": os.cpu_count(), "jax": jax.__version__, "jax_device": jax.devices()[0].device_kind,
            "load_at_start": os.getloadavg()[0]}


def people(result):
    """Tables to read."""
    def number(x):
        if x is None:
            return "–"
        return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"

    def sides(row):
        ratio = row["ratio"]
        return (f"{number(row['primordia']['median']):>12} {number(row['jax']['median']):>12} {ratio['median']:>8.2f}"
                f"  ({ratio['min']:.2f}–{ratio['max']:.2f})")

    lines = [", ".join(f"{name}: {value}" for name, value in result["machine"].items()), ""]
    head = f"{'Primordia':>12} {'JAX':>12} {'ratio':>8}  (least–most)"
    if "speed" in result:
        lines += ["training, agent-steps a second", f"{'worlds':>12} {'T':>4} {'d':>3} {'distinct':>9} {head}"]
        for row in result["speed"]:
            worlds = f"{row['worlds']} × {row['size'][0]}×{row['size'][1]}"
            lines.append(f"{worlds:>12} {row['steps']:>4} {row['d_model']:>3} {row['distinct']:>9.3%} {sides(row)}")
        lines.append("")
    if "learn" in result:
        lines += ["from noise, shift: first update at .9, at .95, seconds of learning to .95"]
        for row in result["learn"]:
            told = []
            for name, side in (("Primordia", "primordia"), ("JAX", "jax")):
                early, late = row[side]["0.9"], row[side]["0.95"]
                told.append(f"{name} {number(early['update'])}, {number(late['update'])}, {number(late['seconds'])} s")
            lines.append(f"  seed {row['seed']}: {'; '.join(told)}; ratio {number(row['ratio'])}")
        lines.append("")
    if "stage" in result:
        lines += ["stage, steps a second", f"{'world':>12} {'d':>3} {'distinct':>9} {head}"]
        for row in result["stage"]:
            world = f"{row['side']}×{row['side']}"
            lines.append(f"{world:>12} {row['d_model']:>3} {row['distinct']:>9.3%} {sides(row)}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--primordia", required=True, help="the program")
    parser.add_argument("--engine", default="auto", choices=("auto", "wgsl", "native"), help="that computes")
    parser.add_argument("--out", type=Path, default=Path("."), help="where the learning curves go")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--quick", action="store_true", help="small worlds and d_model 16 alone, one seed")
    parser.add_argument("--rounds", type=int, default=3, help="of alternation")
    parser.add_argument("--only", choices=("check", "speed", "learn", "stage"), help="a part alone")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    result = {"machine": machine()}

    def part(name):
        return args.only in (None, name)

    def note(what):
        print(f"[{time.strftime('%H:%M:%S')}] {what}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        primordia = Primordia(args.primordia, args.engine, Path(folder))
        used = [line for line in primordia.call("doctor").splitlines() if line.startswith("used")]
        result["machine"]["primordia"] = used[0].removeprefix("used: ")
        note("check")
        result["check"] = check(primordia)
        models = [{"d_model": 16, "heads": 2}] + [{"d_model": 32, "heads": 4}] * (not args.quick)
        # Large worlds with fewer steps, so that a round takes no longer than needed; both sides alike.
        worlds = [{"size": (16, 16)}] + [{"size": (64, 64), "steps": 50 if ON_GPU else 10}] * (not args.quick)
        if part("speed"):
            result["speed"] = []
            for base in (replace(RUN_1, **world, **model) for world in worlds for model in models):
                for share in (None, 0.015, 0.001):
                    note(f"speed: {base.size}, d_model {base.d_model}, {share or 'noise'}")
                    updates = 3 if base.size == (16, 16) else 2
                    result["speed"].append(speed(primordia, base, share, args.rounds, updates))
        if part("learn"):
            note("learn")
            result["learn"] = learn(primordia, range(1 if args.quick else 3), 40, args.out)
        if part("stage"):
            result["stage"] = []
            for model in models:
                for share in (None, 0.01, 0.001):
                    note(f"stage: d_model {model['d_model']}, {share or 'noise'}")
                    side = 256 if args.quick else 1024
                    base = NOISE if share is None else FROZEN
                    result["stage"].append(stage(primordia, replace(base, **model), side, share, args.rounds))
    print(json.dumps(result) if args.json else people(result))


if __name__ == "__main__":
    main()
