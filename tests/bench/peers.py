"""How fast other libraries do the work of tests/quantize_speed.rs, on one thread of this machine.

`cargo xtask bench` runs it where there is Python; requirements.txt has the versions. Prints a line for each time, in the
form of libtest's benchmarks: `test WORK/PEER/VALUES ... bench: TIME ns/iter (+/- 0)`. A library that is not there is said so
on stderr and left out.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import ctypes
import importlib.util
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")

MANY = 1 << 24
FEWER = 1 << 22
COLS = 4096
BINS = 256
# Each is repeated until this many seconds are over, and at least three times.
SECONDS = 1.5


def bench(work, peer, values, run):
    """Prints the best of some rounds."""
    run()
    best, start, rounds = float("inf"), time.perf_counter(), 0
    while rounds < 3 or time.perf_counter() - start < SECONDS:
        before = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - before)
        rounds += 1
    print(f"test {work}/{peer}/{values} ... bench: {best * 1e9:.0f} ns/iter (+/- 0)", flush=True)


def with_numpy(x):
    """INT8 with one scale: range, codes, sums, histograms of values, of what they become, of errors and of exponents."""
    import ml_dtypes

    flat = x.ravel()

    def report():
        low, high = flat.min(), flat.max()
        amax = max(-low, high)
        scale = np.float32(amax / np.float32(127))
        codes = np.clip(np.rint(flat * (np.float32(1) / scale)), -127, 127).astype(np.int8)
        q = codes.astype(np.float32) * scale
        e = q - flat
        magnitude = np.abs(e)
        sums = e.sum(), magnitude.sum(), e @ e, flat @ flat, q @ q, flat @ q, magnitude.max()
        half = float(scale) / 2
        pictures = (
            np.histogram(flat, BINS, (low, high))[0],
            np.histogram(q, BINS, (low, high))[0],
            np.histogram(e, BINS, (-half, half))[0],
            np.bincount((flat.view(np.uint32) >> 23 & 255).astype(np.uint8), minlength=256),
        )
        return codes, sums, pictures

    bench("report_int8", "numpy", MANY, report)

    def cast_sums(dtype):
        q = flat.astype(dtype).astype(np.float32)
        e = q - flat
        magnitude = np.abs(e)
        return e.sum(), magnitude.sum(), e @ e, flat @ flat, q @ q, flat @ q, magnitude.max()

    bench("sums_bf16", "numpy", MANY, lambda: cast_sums(ml_dtypes.bfloat16))
    bench("sums_fp16", "numpy", MANY, lambda: cast_sums(np.float16))
    bench("sums_e4m3fn", "numpy", MANY, lambda: cast_sums(ml_dtypes.float8_e4m3fn))
    bench("sums_e5m2", "numpy", MANY, lambda: cast_sums(ml_dtypes.float8_e5m2))


def with_torch(x):
    """The same, as one would write it with torch."""
    import torch

    torch.set_num_threads(1)
    tensor = torch.from_numpy(x).flatten()

    def sums_of(q):
        e = q - tensor
        magnitude = e.abs()
        sums = e.sum(), magnitude.sum(), e @ e, tensor @ tensor, q @ q, tensor @ q, magnitude.max()
        return e, sums

    def quantized():
        low, high = (end.item() for end in torch.aminmax(tensor))
        scale = max(-low, high) / 127
        codes = torch.quantize_per_tensor(tensor, scale, 0, torch.qint8)
        return codes, low, high, scale

    def report():
        codes, low, high, scale = quantized()
        q = codes.dequantize()
        e, sums = sums_of(q)
        pictures = (
            torch.histc(tensor, BINS, low, high),
            torch.histc(q, BINS, low, high),
            torch.histc(e, BINS, -scale / 2, scale / 2),
            torch.bincount((tensor.view(torch.int32) >> 23) & 255, minlength=256),
        )
        return codes, sums, pictures

    bench("report_int8", "torch", MANY, report)
    for name, dtype in (
        ("bf16", torch.bfloat16), ("fp16", torch.float16), ("e4m3fn", torch.float8_e4m3fn), ("e5m2", torch.float8_e5m2)
    ):
        bench(f"sums_{name}", "torch", MANY, lambda: sums_of(tensor.to(dtype).float()))
    bench("sums_int8_tensor", "torch", MANY, lambda: sums_of(quantized()[0].dequantize()))


def with_llama_cpp(x):
    """llama.cpp's reference in C, by `ggml_quantize_chunk` without an importance matrix."""
    import xllamacpp

    library = os.path.join(os.path.dirname(importlib.util.find_spec("xllamacpp").origin), "xllamacpp.abi3.so")
    ggml = ctypes.CDLL(library)
    size, pointer = ctypes.c_int64, ctypes.c_void_p
    ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
    ggml.ggml_quantize_chunk.argtypes = [ctypes.c_int, pointer, pointer, size, size, size, pointer]
    ggml.ggml_row_size.restype = ctypes.c_size_t
    ggml.ggml_row_size.argtypes = [ctypes.c_int, size]
    for name, number, values in (
        ("q8_0", 8, FEWER), ("q4_0", 2, FEWER), ("q4_k", 12, FEWER), ("q6_k", 14, FEWER), ("iq4_nl", 20, 1 << 20)
    ):
        part = np.ascontiguousarray(x.ravel()[:values].reshape(-1, COLS))
        rows = len(part)
        to = np.zeros((rows, ggml.ggml_row_size(number, COLS)), np.uint8)

        def encode():
            written = ggml.ggml_quantize_chunk(number, part.ctypes.data, to.ctypes.data, 0, rows, COLS, None)
            assert written == to.size

        bench(f"encode_{name}", "llama.cpp", values, encode)


def with_torchao(x):
    """Microscaling and NVFP4, as torchao does them on a CPU."""
    import torch
    from torchao.prototype.mx_formats.config import ScaleCalculationMode
    from torchao.prototype.mx_formats.mx_tensor import to_mx
    from torchao.prototype.mx_formats.nvfp4_tensor import nvfp4_quantize, per_tensor_amax_to_scale

    torch.set_num_threads(1)
    part = torch.from_numpy(x.ravel()[:FEWER].reshape(-1, COLS).copy())
    floor = ScaleCalculationMode.FLOOR
    bench("encode_mxfp8_e4m3", "torchao", FEWER, lambda: to_mx(part, torch.float8_e4m3fn, 32, floor))
    bench("encode_mxfp4", "torchao", FEWER, lambda: to_mx(part, torch.float4_e2m1fn_x2, 32, floor))
    bench("encode_nvfp4", "torchao", FEWER, lambda: nvfp4_quantize(part, 16, per_tensor_amax_to_scale(part.abs().max())))


def with_bitsandbytes(x):
    """NF4 in blocks of 64, as bitsandbytes does it on a CPU."""
    import torch
    import bitsandbytes.functional as bnb

    torch.set_num_threads(1)
    part = torch.from_numpy(x.ravel()[:FEWER].reshape(-1, COLS).copy())
    bench("encode_nf4", "bitsandbytes", FEWER, lambda: bnb.quantize_4bit(part, blocksize=64, quant_type="nf4"))


def main():
    x = np.random.Generator(np.random.PCG64(1)).standard_normal(MANY, np.float32).reshape(-1, COLS) * np.float32(0.02)
    # Of the copy beside which ours stands: 64 MiB read and 64 MiB written.
    to = np.empty_like(x)
    bench("copy", "numpy", MANY, lambda: np.copyto(to, x))
    for peer in (with_numpy, with_torch, with_llama_cpp, with_torchao, with_bitsandbytes):
        try:
            peer(x)
        except ImportError as error:
            print(f"{peer.__name__}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
