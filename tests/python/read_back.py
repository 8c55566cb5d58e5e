#!/usr/bin/env python3
"""Reads files that we wrote by the packages `gguf` and `safetensors`, and compares their values bit for bit with ours.

  python3 tests/python/read_back.py FOLDER

Each folder within FOLDER has the files of one checkpoint, and in `expected/` the FP32 values of each tensor as we decode them.
What a tensor is made of several in safetensors is put together here as the conventions of docs/weights-files.md say.
"""
import json, pathlib, sys

import gguf, ml_dtypes, numpy as np, safetensors

DTYPES = {
    "F32": np.float32, "F16": np.float16, "BF16": ml_dtypes.bfloat16, "F8_E4M3": ml_dtypes.float8_e4m3fn,
    "F8_E5M2": ml_dtypes.float8_e5m2, "I8": np.int8, "U8": np.uint8, "I32": np.int32, "I64": np.int64,
}
E2M1 = np.array([0, .5, 1, 1.5, 2, 3, 4, 6, -0., -.5, -1, -1.5, -2, -3, -4, -6], np.float32)
f32 = np.float32


def nibbles(packed, high_first=False):
    low, high = packed & 15, packed >> 4
    return np.stack([high, low] if high_first else [low, high], -1).reshape(*packed.shape[:-1], -1)


def of_safetensors(folder):
    """Names and values of every tensor that ours were made of."""
    stored = {}
    paths = sorted(folder.glob("*.safetensors"))
    for path in paths:
        for name, info in safetensors.deserialize(path.read_bytes()):
            stored[name] = np.frombuffer(info["data"], DTYPES[info["dtype"]]).reshape(info["shape"])
    index = folder / "model.safetensors.index.json"
    assert index.exists() == (len(paths) > 1)

    def scaled(codes, scale):
        # One scale for the tensor, for each row, or for as many neighbours as come of the shape.
        scale = scale.astype(f32)
        if scale.shape != (1,):
            scale = np.repeat(scale, codes.shape[-1] // scale.shape[-1], -1)
        return codes.astype(f32) * scale

    for name, x in stored.items():
        with_ = lambda ending: stored.get(name + ending)
        if name.endswith("_packed"):
            base = name.removesuffix("_packed")
            codes = nibbles(x.view(np.uint8)).astype(np.int8) - 8
            assert list(stored[base + "_shape"]) == list(codes.shape)
            yield base, scaled(codes, stored[base + "_scale"])
        elif name.endswith("_blocks"):
            base = name.removesuffix("_blocks")
            scales = np.ldexp(f32(1), stored[base + "_scales"].astype(np.int32) - 127)
            values = E2M1[nibbles(x)] * scales[..., None]
            yield base, values.reshape(*scales.shape[:-1], -1)
        elif with_("_scale_2") is not None:
            scales = with_("_scale").astype(f32) * with_("_scale_2")
            yield name, E2M1[nibbles(x)] * np.repeat(scales, 16, -1)
        elif with_(".absmax") is not None:
            state = [n for n in stored if n.startswith(name + ".quant_state.bitsandbytes__")]
            state = json.loads(stored[state[0]].tobytes())
            values = with_(".quant_map")[nibbles(x.reshape(-1), high_first=True)].reshape(-1, state["blocksize"])
            yield name, (values * with_(".absmax")[:, None]).reshape(state["shape"])
        elif with_("_scale") is not None:
            yield name, scaled(x, with_("_scale"))
        elif not any(name.endswith(end) for end in ("_scale", "_scales", "_scale_2", "_shape", ".absmax", ".quant_map")) \
                and ".quant_state." not in name:
            yield name, x.astype(f32)


def of_gguf(folder):
    [path] = folder.glob("*.gguf")
    reader = gguf.GGUFReader(path)
    assert reader.fields["general.architecture"].contents() == "unknown"
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        yield tensor.name, values.reshape([int(size) for size in tensor.shape[::-1]])


def main():
    folders = sorted(path for path in pathlib.Path(sys.argv[1]).iterdir())
    for folder in folders:
        read = of_gguf if list(folder.glob("*.gguf")) else of_safetensors
        expected = {path.name: np.fromfile(path, f32) for path in (folder / "expected").iterdir()}
        found = dict(read(folder))
        assert found.keys() == expected.keys(), (folder.name, found.keys() ^ expected.keys())
        for name, values in found.items():
            differ = np.flatnonzero(values.astype(f32).reshape(-1).view(np.uint32) != expected[name].view(np.uint32))
            assert values.size == expected[name].size and not differ.size, (
                f"{folder.name}: {len(differ)} of {name}'s values differ, the first at {differ[0]}: "
                f"{values.reshape(-1)[differ[0]]!r} for {expected[name][differ[0]]!r}"
            )
    print(f"{len(folders)} folders, every value as we decode it")


main()
