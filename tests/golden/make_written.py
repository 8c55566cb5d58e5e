#!/usr/bin/env python3
"""Makes written/: a small checkpoint, and what other people's writers make of it.

  pip install -r tests/python/requirements.txt
  python3 tests/golden/make_written.py

`source.safetensors`: matrices of FP32 and vectors, by safetensors.
`written.gguf`: each matrix quantized by `gguf.quantize` as its name says, vectors as FP32, by `gguf.GGUFWriter`.
`written.safetensors`: each matrix cast by ml_dtypes as its name says, vectors as they are, by safetensors.
"""
import json, os

import gguf, ml_dtypes, numpy as np
from safetensors.numpy import save_file

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "written")
R = np.random.default_rng(20261130)
GGUF = ["Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "BF16", "F16", "F32", "MXFP4"]
CASTS = {"BF16": ml_dtypes.bfloat16, "F16": np.float16, "Q8_0": ml_dtypes.float8_e4m3fn, "Q4_0": ml_dtypes.float8_e5m2}


def matrix(rows, cols):
    # Outliers make blocks whose scales differ; no block is all zeros.
    x = R.standard_normal((rows, cols)) * 0.02
    return np.where(R.random((rows, cols)) < 0.01, 20 * x, x).astype(np.float32)


source = {f"blk.0.{name}.weight": matrix(4 if name == "Q8_0" else 2, 256) for name in GGUF}
source["blk.0.norm.weight"] = R.standard_normal(256).astype(ml_dtypes.bfloat16)
source["blk.0.bias"] = R.standard_normal(7).astype(np.float16)
source["blk.0.scale"] = np.array(R.standard_normal(), np.float32)
source["position_ids"] = np.arange(5, dtype=np.int64)

os.makedirs(HERE, exist_ok=True)
metadata = {"format": "pt"}
save_file(source, os.path.join(HERE, "source.safetensors"), metadata)

cast = {n: v.astype(CASTS.get(n.split(".")[2], v.dtype)) if v.ndim == 2 else v for n, v in source.items()}
save_file(cast, os.path.join(HERE, "written.safetensors"), metadata)

writer = gguf.GGUFWriter(os.path.join(HERE, "written.gguf"), "unknown")
writer.add_name("source-mixed")
writer.add_quantization_version(2)
writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
# In the order in which safetensors has put them.
with open(os.path.join(HERE, "source.safetensors"), "rb") as f:
    header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
    header.pop("__metadata__")
    names = sorted(header, key=lambda name: header[name]["data_offsets"])
for name in names:
    x = source[name]
    if x.ndim == 2:
        kind = gguf.GGMLQuantizationType[name.split(".")[2]]
        writer.add_tensor(name, gguf.quantize(x, kind), raw_dtype=kind)
    else:
        x = x if x.dtype == np.int64 else x.astype(np.float32)
        writer.add_tensor(name, x.reshape(x.shape or (1,)))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
for name in os.listdir(HERE):
    os.chmod(os.path.join(HERE, name), 0o644)
