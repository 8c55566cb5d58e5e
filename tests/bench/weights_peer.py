"""How long numpy takes to make the table of the Weights lab for INT8 per row, on one thread of this machine.

`cargo xtask bench weights` runs it on the file that it has made, where there is Python; requirements.txt has the versions. It reads
the first matrices with safetensors, whose BF16 ml_dtypes turns into float32, and makes the same figures of each: moments, SQNR, RMS
and largest error, clipped and flushed values. Prints `weights numpy_int8_row_s SECONDS`, for all matrices of the file.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import sys
import time

import ml_dtypes  # noqa: F401: numpy knows bfloat16 by it
import numpy as np
from safetensors import safe_open

# Matrices that are measured of it: 512 MiB, which is what does not repeat.
MATRICES = 16


def moments(x):
    """Mean, sigma, max/sigma and kurtosis, summed in float64 as the page does."""
    mean = x.mean(dtype=np.float64)
    d = x - np.float32(mean)
    square = d * d
    m2 = square.mean(dtype=np.float64)
    m4 = np.einsum("ij,ij->", square, square, dtype=np.float64) / x.size
    sigma = np.sqrt(m2)
    amax = np.abs(x).max()
    return mean, sigma, amax / sigma, m4 / m2**2


def int8_per_row(x):
    """SQNR in dB, RMS error, largest error, clipped and flushed values of absmax INT8 with a scale for each row."""
    scale = np.abs(x).max(axis=1, keepdims=True) / np.float32(127)
    codes = np.rint(x / scale)
    clipped = np.count_nonzero(np.abs(codes) > 127)
    codes = np.clip(codes, -127, 127).astype(np.int8)
    q = codes * scale
    e = q - x
    e2 = np.einsum("ij,ij->", e, e, dtype=np.float64)
    x2 = np.einsum("ij,ij->", x, x, dtype=np.float64)
    flushed = np.count_nonzero((codes == 0) & (x != 0))
    return 10 * np.log10(x2 / e2), np.sqrt(e2 / x.size), np.abs(e).max(), clipped, flushed


def main():
    with safe_open(sys.argv[1], framework="numpy") as file:
        names = list(file.keys())
        best = float("inf")
        for _ in range(2):
            began = time.perf_counter()
            for name in names[:MATRICES]:
                x = file.get_tensor(name).astype(np.float32)
                found = moments(x), int8_per_row(x)
            best = min(best, time.perf_counter() - began)
    print(found, file=sys.stderr)
    print(f"weights numpy_int8_row_s {best * len(names) / MATRICES}")


if __name__ == "__main__":
    main()
