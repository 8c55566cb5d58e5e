"""How long `chinchilla` of PyPI takes to fit the runs of tests/bench/runs.csv, on one process of this machine.

`cargo xtask bench fit` runs it where there is Python; requirements.txt has the version. Prints a line for each time, in the
form of libtest's benchmarks: `test WORK/PEER/1 ... bench: TIME ns/iter (+/- 0)`, and what it found on stderr.

Its work is that of `fit_huber` in benches/scaling_fit.rs: E, A, B, alpha and beta that minimise Huber of ln loss with delta
0.001. It goes down by BFGS from every point of a grid; here from one, the middle of the grid of its README, and from the 32
corners of that grid. The README's own has 3125 points. Its figure of the result is left out.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import functools
import pathlib
import sys
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")

# The ranges of the README, in the scales that it uses: E, ln A, ln B, alpha, beta.
RANGES = {"E": (1, 2), "a": (1, 10), "b": (1, 10), "alpha": (0.1, 0.7), "beta": (0.1, 0.7)}
GRIDS = {"one_start": lambda low, high: [(low + high) / 2], "32_starts": lambda low, high: [low, high]}
ROUNDS = {"one_start": 5, "32_starts": 1}


def fitter(grid, project):
    from chinchilla import Chinchilla
    from chinchilla._metrics import log_huber

    fitter = Chinchilla(
        project_dir=project,
        param_grid={name: grid(*ends) for name, ends in RANGES.items()},
        loss_fn=functools.partial(log_huber, delta=1e-3),
        log_level=50,
    )
    fitter.visualizer.optim = lambda *_, **__: None
    return fitter


def main():
    import pandas as pd

    runs = pd.read_csv(pathlib.Path(__file__).with_name("runs.csv"), comment="#")
    runs["C"] = 6 * runs.N * runs.D
    for name, grid in GRIDS.items():
        with tempfile.TemporaryDirectory() as project:
            peer = fitter(grid, project)
            peer.database.df = runs
            best = float("inf")
            for _ in range(ROUNDS[name]):
                before = time.perf_counter()
                peer.fit(parallel=False)
                best = min(best, time.perf_counter() - before)
            print(f"{name}: {peer.params}", file=sys.stderr)
            print(f"test fit_huber/chinchilla_{name}/1 ... bench: {best * 1e9:.0f} ns/iter (+/- 0)", flush=True)


if __name__ == "__main__":
    main()
