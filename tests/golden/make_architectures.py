#!/usr/bin/env python3
"""Makes architectures.json by building models in transformers, on the meta device, which needs no weights.

  pip install transformers==4.57.6 torch==2.6.0
  python3 tests/golden/make_architectures.py

`models`: every row of src/catalog/models/rows.rs, its config built as it stands there, and what the parameters add up to.
`cases`: small models of every family with fields drawn at random, left out at random: every tensor's module, shape and
number, and what the cache keeps in each layer.
"""
import collections, json, os, random, re, warnings

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
warnings.filterwarnings("ignore")
import torch, transformers
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM, DynamicCache
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = os.path.join(HERE, "..", "..", "src", "catalog", "models", "rows.rs")
CASES_OF_A_FAMILY = 8
R = random.Random(20261125)


def build(model_type, fields):
    # Phi-3's class wants these, on which no count depends.
    extra = {"pad_token_id": 0, "original_max_position_embeddings": 4096} if model_type == "phi3" else {}
    config = CONFIG_MAPPING[model_type](**fields, **extra)
    kind = {"t5": AutoModelForSeq2SeqLM, "bert": AutoModel}.get(model_type, AutoModelForCausalLM)
    with torch.device("meta"):
        model = kind.from_config(config)
        model.tie_weights()
    return config, model


# ---------------------------------------------------------------- the catalogue
def value(text):
    if text in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[text]
    return int(text) if text.isdigit() else text


def catalogue():
    source = re.sub(r"\\\n\s*", "", open(ROWS).read())
    for id, fields in re.findall(r'^    row\("([^"]+)",.*?"(model_type=[^"]+)"\),$', source, re.M | re.S):
        fields = {name: value(text) for name, text in (field.split("=") for field in fields.split())}
        model_type = fields.pop("model_type")
        _, model = build(model_type, fields)
        yield id, sum(p.numel() for p in model.parameters())


# What others publish as the model's number of parameters, where it was found.
HUB = "the hub's safetensors total, as quoted in public repositories"
GGUF = "general.parameter_count of the GGUF file, as quoted in public repositories"
PYTHIA = "Pythia, table 1 (without embedding and head)"
PUBLISHED = {
    "llama-3.2-1b": (1235814400, HUB), "llama-3.2-3b": (3212749824, HUB), "llama-3.3-70b": (70553706496, HUB),
    "llama-2-13b": (13015864320, HUB), "codellama-7b": (6738546688, GGUF), "codellama-13b": (13016028160, HUB),
    "codellama-34b": (33743970304, HUB), "smollm2-360m": (361821120, HUB), "smollm2-1.7b": (1711376384, HUB),
    "mixtral-8x22b": (140620634112, HUB), "mistral-small-24b": (23572403200, HUB), "qwen2.5-1.5b": (1543714304, HUB),
    "qwen2.5-14b": (14770033664, GGUF), "qwen2.5-32b": (32763876352, HUB), "gemma-2-27b": (27227128320, "keras-hub"),
    "phi-3-medium": (13960238080, HUB), "phi-4-mini": (3836021760, HUB), "olmo-2-1b": (1484916736, HUB),
    "olmo-2-7b": (7298617344, HUB), "olmo-2-13b": (13716198400, HUB), "olmo-2-32b": (32234279936, HUB),
    "gpt-neox-20b": (20554567680, "model card"), "gpt-oss-20b": (20914757184, GGUF),
    "gpt-oss-120b": (116829156672, GGUF), "deepseek-v2-lite": (15706484224, HUB), "flan-t5-xxl": (11135332352, "keras-hub"),
    "opt-2.7b": (2651596800, HUB), "bloom-3b": (3002557440, "model card"), "bert-large": (335141888, "keras-hub"),
    # Holds the tied head twice.
    "falcon-180b": (179522565120, HUB),
    "pythia-70m": (18915328, PYTHIA), "pythia-160m": (85056000, PYTHIA), "pythia-410m": (302311424, PYTHIA),
    "pythia-1b": (805736448, PYTHIA), "pythia-2.8b": (2517652480, PYTHIA),
}
CONVENTIONS = {"falcon-180b": "head twice"} | {id: "without embedding and head" for id in PUBLISHED if "pythia" in id}


# ---------------------------------------------------------------- small models
def maybe(fields, name, choices, chance=0.6):
    if R.random() < chance:
        fields[name] = R.choice(choices)


def base(heads="num_attention_heads", kv=True, head_dim=True):
    a = R.choice([2, 4, 6, 8])
    fields = {"vocab_size": R.choice([97, 1000]), "num_hidden_layers": R.choice([1, 2, 3, 5, 7]),
              "intermediate_size": R.choice([10, 33, 64]), heads: a, "hidden_size": a * R.choice([8, 16, 32])}
    maybe(fields, "tie_word_embeddings", [True, False])
    maybe(fields, "attention_bias", [True, False])
    if kv:
        fields["num_key_value_heads"] = R.choice([k for k in (1, 2, 3, 4, 8) if a % k == 0])
    if head_dim:
        maybe(fields, "head_dim", [8, 24, 64])
    return fields


def with_types(fields):
    if R.random() < 0.3:
        kinds = ["sliding_attention", "full_attention"]
        fields["layer_types"] = [R.choice(kinds) for _ in range(fields["num_hidden_layers"])]
    return fields


def qwen_window(fields):
    maybe(fields, "use_sliding_window", [True, False])
    maybe(fields, "sliding_window", [16, 4096, None])
    maybe(fields, "max_window_layers", [0, 1, 3, 30])


def llama():
    fields = base()
    maybe(fields, "mlp_bias", [True, False])
    maybe(fields, "num_key_value_heads", [None], 0.3)
    return fields


def mistral():
    fields = base()
    maybe(fields, "sliding_window", [None, 16, 4096])
    return fields


def mixtral():
    fields = base() | {"num_experts_per_tok": R.choice([1, 2])}
    maybe(fields, "num_local_experts", [2, 4, 5])
    return fields


def qwen2():
    fields = base()
    qwen_window(fields)
    return fields


def qwen3_moe():
    fields = base() | {"num_experts": R.choice([0, 2, 5]), "num_experts_per_tok": R.choice([1, 2])}
    maybe(fields, "moe_intermediate_size", [7, 20])
    maybe(fields, "decoder_sparse_step", [1, 2, 3])
    maybe(fields, "mlp_only_layers", [[], [0], [1, 3, 4]])
    maybe(fields, "use_sliding_window", [True, False])
    maybe(fields, "sliding_window", [16, 4096, None])
    return fields


def gemma2():
    fields = base()
    maybe(fields, "sliding_window", [16, 4096])
    return with_types(fields)


def gemma3_text():
    fields = gemma2()
    maybe(fields, "sliding_window_pattern", [1, 2, 3, 6])
    return fields


def phi():
    fields = base()
    maybe(fields, "qk_layernorm", [True, False])
    return fields


def phi3():
    fields = base()
    maybe(fields, "sliding_window", [None, 16])
    return fields


def gpt(aliases):
    a = R.choice([2, 4, 6])
    width, layers, heads, positions = (
        ("hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings")
        if aliases else ("n_embd", "n_layer", "n_head", "n_positions"))
    fields = {"vocab_size": R.choice([97, 1000]), heads: a, width: a * R.choice([16, 32]), layers: R.choice([1, 2, 4])}
    maybe(fields, positions, [20, 77])
    maybe(fields, "n_inner", [None, 50])
    maybe(fields, "tie_word_embeddings", [True, False])
    return fields


def gpt2():
    return gpt(R.random() < 0.5)


def gptj():
    return gpt(R.random() < 0.5) | {"rotary_dim": 8}


def gpt_neox():
    return base(kv=False, head_dim=False)


def opt():
    fields = base(kv=False, head_dim=False)
    del fields["intermediate_size"]
    maybe(fields, "ffn_dim", [10, 33])
    maybe(fields, "word_embed_proj_dim", [None, 12, fields["hidden_size"]])
    for name in ["do_layer_norm_before", "_remove_final_layer_norm", "enable_bias"]:
        maybe(fields, name, [True, False])
    maybe(fields, "max_position_embeddings", [20, 77])
    return fields


def bloom():
    a = R.choice([2, 4])
    fields = {"vocab_size": 97, R.choice(["n_head", "num_attention_heads"]): a,
              R.choice(["hidden_size", "n_embed"]): a * 8, R.choice(["n_layer", "num_hidden_layers"]): R.choice([1, 3])}
    maybe(fields, "tie_word_embeddings", [True, False])
    return fields


def falcon():
    fields = base(kv=False, head_dim=False)
    del fields["intermediate_size"]
    for name in ["new_decoder_architecture", "multi_query", "parallel_attn", "bias", "alibi"]:
        maybe(fields, name, [True, False])
    maybe(fields, "num_ln_in_parallel_attn", [1, 2, None])
    maybe(fields, "ffn_hidden_size", [None, 50])
    maybe(fields, "num_kv_heads", [k for k in (1, 2, 4, None) if k is None or fields["num_attention_heads"] % k == 0])
    return fields


def deepseek_v3():
    fields = base(kv=False, head_dim=False)
    fields |= {"n_routed_experts": R.choice([8, 16]), "num_experts_per_tok": R.choice([1, 2])}
    maybe(fields, "n_shared_experts", [1, 2])
    maybe(fields, "moe_intermediate_size", [7, 20])
    maybe(fields, "first_k_dense_replace", [0, 1, 9])
    maybe(fields, "q_lora_rank", [None, 12])
    maybe(fields, "kv_lora_rank", [9, 16])
    for name in ["qk_rope_head_dim", "v_head_dim", "qk_nope_head_dim"]:
        maybe(fields, name, [8, 16])
    return fields


def deepseek_v2():
    fields = deepseek_v3()
    maybe(fields, "n_shared_experts", [None, 0], 0.3)
    maybe(fields, "mlp_bias", [True, False])
    return fields


def gpt_oss():
    fields = base()
    maybe(fields, "num_local_experts", [4, 5])
    maybe(fields, "sliding_window", [16, 128])
    maybe(fields, "head_dim", [None], 0.2)
    return with_types(fields)


def t5():
    fields = {"vocab_size": 97, "d_model": R.choice([16, 24]), "d_ff": R.choice([10, 33]),
              R.choice(["num_layers", "num_hidden_layers"]): R.choice([1, 2, 4]),
              R.choice(["num_heads", "num_attention_heads"]): R.choice([2, 3])}
    maybe(fields, "num_decoder_layers", [None, 1, 3])
    maybe(fields, R.choice(["d_kv", "head_dim"]), [8, 12])
    maybe(fields, "feed_forward_proj", ["relu", "gated-gelu", "gated-silu", "gelu"])
    maybe(fields, "tie_word_embeddings", [True, False])
    maybe(fields, "relative_attention_num_buckets", [16, 32])
    return fields


def bert():
    fields = base(kv=False, head_dim=False)
    maybe(fields, "position_embedding_type", ["absolute", "relative_key"])
    maybe(fields, "type_vocab_size", [1, 2])
    maybe(fields, "max_position_embeddings", [20, 77])
    return fields


FAMILIES = {
    "llama": llama, "mistral": mistral, "mixtral": mixtral, "qwen2": qwen2, "qwen3": qwen2, "qwen3_moe": qwen3_moe,
    "gemma": base, "gemma2": gemma2, "gemma3_text": gemma3_text, "phi": phi, "phi3": phi3, "olmo2": base,
    "gpt2": gpt2, "gptj": gptj, "gpt_neox": gpt_neox, "opt": opt, "bloom": bloom, "falcon": falcon,
    "deepseek_v2": deepseek_v2, "deepseek_v3": deepseek_v3, "gpt_oss": gpt_oss, "t5": t5, "bert": bert,
}


def tensors(model_type, model):
    """Module's name, rows and columns of every tensor that is not empty, and how many there are."""
    found = collections.Counter()
    for path, parameter in model.named_parameters():
        if parameter.numel() == 0:
            continue
        *modules, name = path.split(".")
        shape, copies = list(parameter.shape), 1
        if name in ("weight", "bias"):
            name = modules[-1]
        if name in ("gate_up_proj_bias", "down_proj_bias"):  # gpt-oss keeps all experts in one tensor
            name, copies, shape = name.removesuffix("_bias"), shape[0], shape[1:]
        elif len(shape) == 3:
            copies, shape = shape[0], [shape[2], shape[1]]
        elif model_type == "gpt2" and name.startswith("c_") and len(shape) == 2:  # Conv1D is transposed
            shape = shape[::-1]
        found[f"{name} {shape[0]} {shape[1] if len(shape) > 1 else 1}"] += copies
    return dict(found)


def windows(config):
    """How many layers keep so many tokens; `all` where they keep every one."""
    kept = (getattr(layer, "sliding_window", None) for layer in DynamicCache(config=config).layers)
    return dict(collections.Counter("all" if window is None else str(window) for window in kept))


def cases():
    for model_type, draw in FAMILIES.items():
        made = 0
        while made < CASES_OF_A_FAMILY:
            fields = draw()
            config, model = build(model_type, fields)
            params = sum(p.numel() for p in model.parameters())
            case = {"config": {"model_type": model_type} | fields, "params": params, "tensors": tensors(model_type, model)}
            if model_type not in ("t5", "bert"):
                try:
                    case["windows"] = windows(config)
                except TypeError:  # a window of None in a layer that is said to have one
                    continue
            made += 1
            yield case


def main():
    transformers.logging.set_verbosity_error()
    models = []
    for id, params in catalogue():
        row = {"id": id, "params": params}
        if id in PUBLISHED:
            row |= {"published": PUBLISHED[id][0], "where": PUBLISHED[id][1]}
            if id in CONVENTIONS:
                row["convention"] = CONVENTIONS[id]
        models.append(row)
    missing = set(PUBLISHED) - {row["id"] for row in models}
    assert not missing, f"published totals without a row: {missing}"
    file = {"made_with": f"transformers {transformers.__version__}, torch {torch.__version__}", "models": models}
    with open(os.path.join(HERE, "architectures.json"), "w") as out:
        text = json.dumps(file)[:-1]
        lines = ",\n".join(json.dumps(case) for case in cases())
        out.write(f'{text},\n"cases": [\n{lines}\n]}}\n')
    print(len(models), "models of the catalogue")


if __name__ == "__main__":
    main()
