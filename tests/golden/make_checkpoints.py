"""Makes tests/golden/checkpoints/: small files by other people's writers, and what is in them.

    python -m venv venv && venv/bin/pip install safetensors==0.8.0 gguf==0.19.0 numpy==2.4.6 ml_dtypes==0.6.0 onnx h5py
    venv/bin/python tests/golden/make_checkpoints.py

expected.json lists, for each set of files that are opened together, the tensors as those libraries read them: name, shape, type
and the SHA-256 of the values as little-endian FP32, row by row, with every NaN written as 0x7fc00000. Values beyond FP32 are
rounded by NumPy's cast. For broken files it has the library's own verdict.
"""

import hashlib
import io
import json
import pathlib
import pickle
import struct
import zipfile
import zlib

import gguf
import h5py
import ml_dtypes
import numpy as np
import onnx
import safetensors
from safetensors import TensorSpec, deserialize, serialize_file
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
OUT = HERE / "checkpoints"
BLOCKS = HERE / "formats" / "gguf_decode"
OUT.mkdir(exist_ok=True)
for old in OUT.iterdir():
    old.unlink()
rng = np.random.default_rng(np.random.PCG64(20))
sets = []


def sha(values):
    values = np.ascontiguousarray(values)
    if values.dtype.kind == "c":
        values = values.real
    with np.errstate(all="ignore"):
        values = values.astype("<f4")
    bits = values.view("<u4").copy().reshape(values.shape)
    bits[np.isnan(values)] = 0x7FC00000
    return hashlib.sha256(bits.tobytes()).hexdigest()


def tensor(name, dtype, values, shape=None):
    values = np.asarray(values)
    return {"name": name, "dtype": dtype, "shape": list(values.shape if shape is None else shape), "sha256": sha(values)}


def expect(files, container, tensors, **more):
    sets.append({"files": files, "container": container, "tensors": tensors, **more})


def weights(*shape):
    return (rng.standard_normal(shape) * 0.02).astype("<f4")


def array(dtype, *shape):
    """Values that make use of a type's range."""
    dtype = np.dtype(dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        values = rng.integers(info.min, info.max, shape, dtype.newbyteorder("="), endpoint=True)
        values.flat[0], values.flat[1] = info.min, info.max
        return values.astype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype.kind == "c":
        return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(dtype)
    values = rng.standard_normal(shape).astype(dtype)
    values.flat[:5] = np.array([0.0, -0.0, np.inf, -np.inf, np.nan]).astype(dtype)
    return values


def codes(dtype, n):
    """Every code of an ml_dtypes type of at most 8 bits: bytes as packed, and values."""
    bits = {"float4_e2m1fn": 4, "float6_e2m3fn": 6, "float6_e3m2fn": 6}.get(dtype, 8)
    every = np.arange(n, dtype=np.uint32) % (1 << bits)
    stream = ((every[:, None] >> np.arange(bits)) & 1).reshape(-1).astype(np.uint8)
    packed = np.packbits(stream, bitorder="little")
    return packed, every.astype(np.uint8).view(getattr(ml_dtypes, dtype)).astype("<f4")


# ── safetensors ──────────────────────────────────────────────────────────────────────────────────────────────────────────

SMALL = {
    "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu", "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz", "F4": "float4_e2m1fn", "F6_E2M3": "float6_e2m3fn", "F6_E3M2": "float6_e3m2fn",
}
PLAIN = {
    "F64": "f8", "F32": "f4", "F16": "f2", "BF16": ml_dtypes.bfloat16, "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1",
    "U64": "u8", "U32": "u4", "U16": "u2", "U8": "u1", "BOOL": "?", "C64": "c8",
}
specs, kept, tensors = {}, [], []
for name, dtype in PLAIN.items():
    values = array(dtype, 3, 8)
    kept.append(values)
    specs[f"plain.{name}"] = TensorSpec(
        dtype=values.dtype.name, shape=list(values.shape), data_ptr=values.ctypes.data, data_len=values.nbytes
    )
    tensors.append(tensor(f"plain.{name}", name, values))
for name, dtype in SMALL.items():
    packed, values = codes(dtype, 256)
    kept.append(packed)
    try:
        spec = TensorSpec(dtype=dtype, shape=[16, 16], data_ptr=packed.ctypes.data, data_len=packed.nbytes)
    except Exception:
        # The Python module has no name for these; a header with them is written below.
        continue
    specs[f"small.{name}"] = spec
    tensors.append(tensor(f"small.{name}", name, values.reshape(16, 16)))
serialize_file(specs, OUT / "dtypes.safetensors", {"format": "np"})
expect(["dtypes.safetensors"], "safetensors", tensors, metadata={"format": "np"})


def with_header(header, data=b"", length=None):
    header = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


entries, data, tensors = {}, b"", []
for name in ["F4", "F6_E2M3", "F6_E3M2"]:
    packed, values = codes(SMALL[name], 256)
    entries[name] = {"dtype": name, "shape": [256], "data_offsets": [len(data), len(data) + packed.nbytes]}
    data += packed.tobytes()
    tensors.append(tensor(name, name, values))
sub_byte = with_header(json.dumps(entries), data)
assert len(deserialize(sub_byte)) == 3
(OUT / "sub_byte.safetensors").write_bytes(sub_byte)
expect(["sub_byte.safetensors"], "safetensors", tensors)

shards = [{"model.embed.weight": weights(16, 8), "model.0.weight": weights(8, 8)}, {"model.1.weight": weights(8, 8)}]
names = [f"model-0000{i + 1}-of-00002.safetensors" for i in range(2)]
for name, shard in zip(names, shards):
    save_file(shard, OUT / name, {"format": "pt"})
index = {"metadata": {"total_size": 0}, "weight_map": {key: n for n, shard in zip(names, shards) for key in shard}}
(OUT / "model.safetensors.index.json").write_text(json.dumps(index, indent=2))
(OUT / "config.json").write_text(json.dumps({"model_type": "llama", "hidden_size": 8}))
by_shard = [[tensor(key, "F32", shard[key]) for key in shard] for shard in shards]
everything = [*names, "model.safetensors.index.json", "config.json"]
expect(everything, "safetensors", by_shard[0] + by_shard[1], config="llama", notes=[])
expect([names[1], "model.safetensors.index.json"], "safetensors", by_shard[1], notes=[names[0]])
expect(
    [*everything, "dtypes.safetensors"], "safetensors", by_shard[0] + by_shard[1], config="llama", notes=["dtypes.safetensors"]
)
stale = {"weight_map": {**index["weight_map"], "model.9.weight": names[1]}}
del stale["weight_map"]["model.0.weight"]
(OUT / "stale.index.json").write_text(json.dumps(stale))
expect(
    [*names, "stale.index.json"], "safetensors", by_shard[0] + by_shard[1], notes=["model.9.weight", "model.0.weight"]
)
expect(["model.safetensors.index.json"], None, [], error=names[0])
expect(["config.json"], None, [], error="without its weights")

ENTRY = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
SECOND = ENTRY.replace("[0,4]", "[4,8]")
BROKEN = {
    "good": with_header('{"a":%s}' % ENTRY, bytes(4)),
    "metadata": with_header('{"__metadata__":{"a":"b"},"a":%s}' % ENTRY, bytes(4)),
    "no_metadata": with_header('{"__metadata__":null,"a":%s}' % ENTRY, bytes(4)),
    "spaces_after": with_header('{"a":%s}   ' % ENTRY, bytes(4)),
    "nothing": with_header("{}"),
    "scalar": with_header('{"a":%s}' % ENTRY.replace("[1]", "[]"), bytes(4)),
    "no_values": with_header('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
    "unknown_key": with_header('{"a":%s}' % ENTRY.replace('{"d', '{"x":1,"d'), bytes(4)),
    "space_before": with_header(' {"a":%s}' % ENTRY, bytes(4)),
    "twice": with_header('{"a":%s,"a":%s}' % (ENTRY, ENTRY), bytes(4)),
    "twice_apart": with_header('{"a":%s,"a":%s}' % (ENTRY, SECOND), bytes(8)),
    "overlap": with_header('{"a":%s,"b":%s}' % (ENTRY, ENTRY), bytes(4)),
    "gap": with_header('{"a":%s,"b":%s}' % (ENTRY, ENTRY.replace("[0,4]", "[8,12]")), bytes(12)),
    "bytes_after": with_header('{"a":%s}' % ENTRY, bytes(5)),
    "cut_off": with_header('{"a":%s}' % ENTRY, bytes(3)),
    "not_json": with_header('{"a":%s}x' % ENTRY, bytes(4)),
    "metadata_of_numbers": with_header('{"__metadata__":{"a":1},"a":%s}' % ENTRY, bytes(4)),
    "metadata_is_a_tensor": with_header('{"__metadata__":%s}' % ENTRY, bytes(4)),
    "metadata_twice": with_header('{"__metadata__":{"a":"b"},"__metadata__":{},"a":%s}' % ENTRY, bytes(4)),
    "field_twice": with_header('{"a":%s}' % ENTRY.replace('{"d', '{"dtype":"F32","d'), bytes(4)),
    "half_a_byte": with_header('{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}', bytes(2)),
    "overflow": with_header('{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}'),
    "negative": with_header('{"a":%s}' % ENTRY.replace("[1]", "[-1]"), bytes(4)),
    "fraction": with_header('{"a":%s}' % ENTRY.replace("[1]", "[1.0]"), bytes(4)),
    "no_dtype": with_header('{"a":{"shape":[1],"data_offsets":[0,4]}}', bytes(4)),
    "unknown_dtype": with_header('{"a":%s}' % ENTRY.replace("F32", "F99"), bytes(4)),
    "wrong_shape": with_header('{"a":%s}' % ENTRY.replace("[1]", "[2]"), bytes(4)),
    "three_offsets": with_header('{"a":%s}' % ENTRY.replace("[0,4]", "[0,4,5]"), bytes(4)),
    "backwards": with_header('{"a":%s}' % ENTRY.replace("[0,4]", "[4,0]"), bytes(4)),
    "not_utf8": with_header(b'{"\xff":' + ENTRY.encode() + b"}", bytes(4)),
    "too_deep": with_header('{"a":' + "[" * 200 + "]" * 200 + "}"),
    "header_too_long": with_header("{}", length=200_000_000),
    "header_beyond_file": with_header("{}", length=100),
}
verdicts = []
for name, file in BROKEN.items():
    try:
        deserialize(file)
        verdict = None
    except safetensors.SafetensorError as error:
        verdict = str(error)
    verdicts.append({"name": name, "hex": file.hex(), "refused": verdict})

# ── GGUF ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

Q = gguf.GGMLQuantizationType


def write_gguf(path, tensors, metadata=lambda writer: None, **options):
    writer = gguf.GGUFWriter(OUT / path, "llama", **options)
    metadata(writer)
    for name, values, raw_dtype in tensors:
        writer.add_tensor(name, values, raw_dtype=raw_dtype)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def every_value(writer):
    writer.add_uint8("u8", 200)
    writer.add_int8("i8", -100)
    writer.add_uint16("u16", 60000)
    writer.add_int16("i16", -30000)
    writer.add_uint32("u32", 4000000000)
    writer.add_int32("i32", -2000000000)
    writer.add_float32("f32", 0.5)
    writer.add_bool("yes", True)
    writer.add_bool("no", False)
    writer.add_string("text", "naïve")
    writer.add_uint64("u64", 2**63 + 1)
    writer.add_int64("i64", -(2**63) + 1)
    writer.add_float64("f64", -1e300)
    writer.add_array("three", [1, 2, 3])
    writer.add_array("many", list(range(2000)))
    writer.add_array("tokens", [f"token {i}" for i in range(500)])
    writer.add_array("nested", [[1, 2], [3]])
    writer.add_string("long", "x" * 6000)


VALUES = {
    "u8": "200", "i8": "-100", "u16": "60000", "i16": "-30000", "u32": "4000000000", "i32": "-2000000000", "f32": "0.5",
    "yes": "true", "no": "false", "text": "naïve", "u64": str(2**63 + 1), "i64": str(-(2**63) + 1), "three": "[1, 2, 3]",
    "many": "[0, 1, 2, 3, 4, 5, 6, 7, … 2000 in all]", "nested": "[[1, 2], [3]]", "general.architecture": "llama",
}

entries, tensors = [], []
for name, dtype, q in [
    ("F32", "f4", None), ("F16", "f2", None), ("F64", "f8", None), ("I8", "i1", None), ("I16", "i2", None),
    ("I32", "i4", None), ("I64", "i8", None),
]:
    values = array(dtype, 3, 8)
    entries.append((name, values, q))
    tensors.append(tensor(name, name, values))
bf16 = array(ml_dtypes.bfloat16, 4, 32)
entries.append(("BF16", bf16.view(np.uint8), Q.BF16))
tensors.append(tensor("BF16", "BF16", bf16))
for path in sorted(BLOCKS.glob("*.q.bin")):
    name = path.name.removesuffix(".q.bin")
    block, size = gguf.GGML_QUANT_SIZES[Q[name]]
    data = np.fromfile(path, np.uint8).reshape(1, -1)
    values = np.fromfile(BLOCKS / f"{name}.dq.bin", "<f4").reshape(1, -1)
    assert data.shape[1] // size * block == values.shape[1]
    entries.append((name, data, Q[name]))
    tensors.append(tensor(name, name, values))
write_gguf("types.gguf", entries)
expect(["types.gguf"], "gguf 3", tensors, notes=[])

write_gguf("keys.gguf", [("w", weights(4, 32), None)], every_value)
keys = gguf.GGUFReader(OUT / "keys.gguf")
expect(["keys.gguf"], "gguf 3", [tensor("w", "F32", keys.tensors[0].data)], metadata=VALUES, notes=[])

old = bytearray((OUT / "types.gguf").read_bytes())
old[4:8] = struct.pack("<I", 2)  # Version 2 has the same layout.
(OUT / "version_2.gguf").write_bytes(old)
expect(["version_2.gguf"], "gguf 2", tensors, notes=[])
old[4:8] = struct.pack("<I", 1)
(OUT / "version_1.gguf").write_bytes(old[:4096])
expect(["version_1.gguf"], None, [], error="version 1")

big = [("F32", array("f4", 3, 8), None), ("F16", array("f2", 3, 8), None), ("I32", array("i4", 3, 8), None)]
write_gguf("big_endian.gguf", [(n, v.copy(), q) for n, v, q in big], endianess=gguf.GGUFEndian.BIG)
expect(["big_endian.gguf"], "gguf 3", [tensor(n, n, v) for n, v, _ in big], notes=[])

aligned = [("a", weights(3), None), ("b", weights(5, 7), None)]
write_gguf("aligned.gguf", aligned, lambda writer: writer.add_custom_alignment(256))
expect(["aligned.gguf"], "gguf 3", [tensor(n, "F32", v) for n, v, _ in aligned], notes=[])

q8_k = rng.integers(0, 256, (1, gguf.GGML_QUANT_SIZES[Q.Q8_K][1]), np.uint8)
write_gguf("unknown_type.gguf", [("a", q8_k, Q.Q8_K), ("b", weights(4, 4), None)])
unknown = gguf.GGUFReader(OUT / "unknown_type.gguf")
expect(["unknown_type.gguf"], "gguf 3", [tensor("b", "F32", unknown.tensors[1].data)], notes=["Q8_K"])

split = [(f"blk.{i}", weights(4, 32), None) for i in range(5)]
write_gguf("split.gguf", split, split_max_tensors=2)
parts = [f"split-0000{i + 1}-of-00003.gguf" for i in range(3)]
of_part = [[tensor(n, "F32", v) for n, v, _ in split[2 * i : 2 * i + 2]] for i in range(3)]
expect(parts, "gguf 3", sum(of_part, []), notes=[])
expect([parts[2], parts[0]], "gguf 3", of_part[2] + of_part[0], notes=[parts[1]])

# ── NumPy ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_npy(name, values, kind, container="npy", **more):
    np.save(OUT / f"{name}.npy", values)
    expect([f"{name}.npy"], container, [tensor(name, kind, values)], **more)


KINDS = {
    "f2": "F16", "f4": "F32", "f8": "F64", "i1": "I8", "i2": "I16", "i4": "I32", "i8": "I64", "u1": "U8", "u2": "U16",
    "u4": "U32", "u8": "U64", "b1": "BOOL", "c8": "C64", "c16": "C128",
}
for dtype, kind in KINDS.items():
    write_npy(f"little_{dtype}", array(f"<{dtype}", 3, 5), kind)
for dtype in ["f2", "f4", "f8", "i2", "i8", "u4", "c8", "c16"]:
    write_npy(f"big_{dtype}", array(f">{dtype}", 3, 5), KINDS[dtype])
write_npy("columns", np.asfortranarray(weights(4, 7)), "F32")
write_npy("columns_3d", np.asfortranarray(array(">f2", 3, 4, 5)), "F16")
write_npy("scalar", np.float32(0.3), "F32")
write_npy("no_values", np.zeros((0, 3), "<f4"), "F32")
for version in [2, 3]:
    values = weights(2, 3)
    with open(OUT / f"version_{version}.npy", "wb") as file:
        np.lib.format.write_array(file, values, (version, 0))
    expect([f"version_{version}.npy"], "npy", [tensor(f"version_{version}", "F32", values)])
VOID = {"bfloat16": ("bf16", "BF16"), "float8_e4m3fn": ("e4m3fn", "F8_E4M3"), "float8_e8m0fnu": ("e8m0fnu", "F8_E8M0")}
for dtype, (hint, kind) in VOID.items():
    values = (np.exp2(rng.integers(-9, 9, (4, 6)))).astype(getattr(ml_dtypes, dtype))
    np.save(OUT / f"void_{dtype}.npy", values)
    expect([f"void_{dtype}.npy"], "npy", [tensor(f"void_{dtype}", kind, values)], void=hint)
    expect([f"void_{dtype}.npy"], None, [], error="without a type")
expect(["void_bfloat16.npy"], None, [], void="e4m3fn", error="without a type")
write_npy("e5m2", rng.standard_normal((3, 4)).astype(ml_dtypes.float8_e5m2), "F8_E5M2")

members = {"a": weights(5, 6), "folder/b": array(">i2", 4), "c": np.asfortranarray(array("f8", 3, 4))}
kinds = {"a": "F32", "folder/b": "I16", "c": "F64"}
for name, save in [("stored", np.savez), ("deflated", np.savez_compressed)]:
    save(OUT / f"{name}.npz", **members)
    expect([f"{name}.npz"], "npz", [tensor(n, kinds[n], v) for n, v in members.items()])
ramp = np.tile(np.arange(2048, dtype="<f4"), (600, 1))
np.savez_compressed(OUT / "long.npz", ramp=ramp)
expect(["long.npz"], "npz", [tensor("ramp", "F32", ramp)])

NPY = b"\x93NUMPY\x01\x00"


def npy(header, data=bytes(24), magic=NPY):
    return magic + struct.pack("<H", len(header)) + header.encode() + data


GOOD = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n"
BROKEN_NPY = {
    "good": npy(GOOD),
    "other_order": npy("{'shape': (2, 3), 'descr': '<f4', 'fortran_order': False}\n"),
    "double_quotes": npy(GOOD.replace("'", '"')),
    "no_shape": npy("{'descr': '<f4', 'fortran_order': False}\n"),
    "fourth_key": npy(GOOD.replace("}", "'x': 1}")),
    "negative": npy(GOOD.replace("2, 3", "-2, 3")),
    "no_tuple": npy(GOOD.replace("(2, 3)", "6")),
    "not_closed": npy(GOOD.replace("}", "")),
    "words_after": npy(GOOD + "x"),
    "code": npy(GOOD.replace("(2, 3)", "tuple([2, 3])")),
    "no_type": npy(GOOD.replace("<f4", "<q9")),
    "version_9": npy(GOOD, magic=b"\x93NUMPY\x09\x00"),
    "cut_off": npy(GOOD, bytes(23)),
    "cut_off_header": npy(GOOD)[:40],
    "objects": npy(GOOD.replace("<f4", "|O")),
}
verdicts_npy = []
for name, file in BROKEN_NPY.items():
    try:
        np.load(io.BytesIO(file))
        verdict = None
    except Exception as error:  # NumPy has no error of its own for this.
        verdict = type(error).__name__
    verdicts_npy.append({"name": name, "hex": file.hex(), "refused": verdict})

# ── Text, and what is no checkpoint ──────────────────────────────────────────────────────────────────────────────────────

table = weights(20, 6)
np.savetxt(OUT / "table.txt", table, header="six columns")
expect(["table.txt"], "text", [tensor("table", "F32", table)])
np.savetxt(OUT / "table.csv", table, delimiter=",", fmt="%.9g")
expect(["table.csv"], "text", [tensor("table", "F32", table)])

state = {"w": [0.5, 1.5]}
(OUT / "old.pt").write_bytes(pickle.dumps(state, 2))
(OUT / "pickle.bin").write_bytes(pickle.dumps(state, 4))
with zipfile.ZipFile(OUT / "pytorch_model.bin", "w") as archive:  # The layout of torch.save.
    archive.writestr(zipfile.ZipInfo("archive/data.pkl"), pickle.dumps(state, 2))
    archive.writestr(zipfile.ZipInfo("archive/data/0"), bytes(8))
with zipfile.ZipFile(OUT / "other.zip", "w") as archive:
    archive.writestr(zipfile.ZipInfo("readme.txt"), "words")
with h5py.File(OUT / "model.h5", "w") as file:
    file["w"] = np.zeros(2, "f4")
initializer = onnx.numpy_helper.from_array(weights(2, 2), "w")
graph = onnx.helper.make_graph([], "g", [], [], [initializer])
onnx.save(onnx.helper.make_model(graph, producer_name="test"), OUT / "model.onnx")
for file, what in [
    ("old.pt", "a pickle"), ("pickle.bin", "a pickle"), ("pytorch_model.bin", "a PyTorch checkpoint"),
    ("other.zip", "a zip that holds other things"), ("model.h5", "an HDF5 file"), ("model.onnx", "an ONNX model"),
]:
    expect([file], None, [], error=what)

deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
(OUT / "range_4.deflate").write_bytes(deflate.compress(bytes(range(256)) * 4) + deflate.flush())

made_by = {module.__name__: module.__version__ for module in [safetensors, np, ml_dtypes, h5py, onnx]}
expected = {"made_by": {**made_by, "gguf": "0.19.0"}, "sets": sets, "safetensors": verdicts, "npy": verdicts_npy}
# A line for each set and verdict.
rows = {key: ",\n".join(json.dumps(row) for row in expected[key]) for key in ["sets", "safetensors", "npy"]}
lists = ",\n".join(f'"{key}": [\n{text}\n]' for key, text in rows.items())
(OUT / "expected.json").write_text(f'{{"made_by": {json.dumps(expected["made_by"])},\n{lists}}}\n')
for path in OUT.iterdir():
    path.chmod(0o644)
total = sum(path.stat().st_size for path in OUT.iterdir())
largest = max(OUT.iterdir(), key=lambda path: path.stat().st_size)
print(f"{len(sets)} sets, {total} bytes, the largest {largest.name} with {largest.stat().st_size}")
