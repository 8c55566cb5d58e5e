//! The rows of [`MODELS`].

use super::{BLOOM_176B, BLOOM_SMALL, PUBLISHED_BF16, PUBLISHED_FP16, PUBLISHED_FP32, PYTHIA, SMOLLM2, T5, row};
use super::{
    CODE_LLAMA, DEEPSEEK_V3, FALCON, FLAN_T5, GEMMA, GPT_NEOX, GPT_OSS, LLAMA_2, LLAMA_3, Model, OLMO_2, OPT, PHI_1,
    PHI_3,
};

/// Every model, from the smallest to the largest.
///
/// Adding one: write a row at its place in the order, with the fields of its `config.json` that anything depends on; then run
/// `tests/golden/make_architectures.py`, which builds the model in transformers and counts. The tests hold that the row, its
/// config and that count are the same.
///
/// ```text
/// row("phi-4", "Phi-4", 14_659_507_200.0, 16_384, &PUBLISHED_BF16, "https://huggingface.co/microsoft/phi-4",
///     "model_type=phi3 hidden_size=5120 intermediate_size=17920 …"),
/// // id (kebab-case, permanent), name, parameters (exact, tied tensors once), context, training, page on the hub, config
/// ```
#[rustfmt::skip] // Three lines a model, not eleven.
pub static MODELS: &[Model] = &[
    row("t5-small", "T5 small", 60_506_624.0, 512, &T5, "https://huggingface.co/google-t5/t5-small",
        "model_type=t5 d_model=512 d_ff=2048 num_layers=6 num_decoder_layers=6 num_heads=8 d_kv=64 vocab_size=32128 \
         feed_forward_proj=relu tie_word_embeddings=true relative_attention_num_buckets=32"),
    row("pythia-70m", "Pythia 70M", 70_426_624.0, 2_048, &PYTHIA, "https://huggingface.co/EleutherAI/pythia-70m",
        "model_type=gpt_neox hidden_size=512 intermediate_size=2048 num_hidden_layers=6 num_attention_heads=8 \
         vocab_size=50304 max_position_embeddings=2048 tie_word_embeddings=false"),
    row("flan-t5-small", "FLAN-T5 small", 76_961_152.0, 512, &FLAN_T5, "https://huggingface.co/google/flan-t5-small",
        "model_type=t5 d_model=512 d_ff=1024 num_layers=8 num_decoder_layers=8 num_heads=6 d_kv=64 vocab_size=32128 \
         feed_forward_proj=gated-gelu tie_word_embeddings=false relative_attention_num_buckets=32"),
    row("bert-base", "BERT base", 109_482_240.0, 512, &PUBLISHED_FP32,
        "https://huggingface.co/google-bert/bert-base-uncased",
        "model_type=bert hidden_size=768 intermediate_size=3072 num_hidden_layers=12 num_attention_heads=12 \
         vocab_size=30522 max_position_embeddings=512 type_vocab_size=2"),
    row("gpt2", "GPT-2", 124_439_808.0, 1_024, &PUBLISHED_FP32, "https://huggingface.co/openai-community/gpt2",
        "model_type=gpt2 n_embd=768 n_layer=12 n_head=12 n_positions=1024 vocab_size=50257 tie_word_embeddings=true"),
    row("opt-125m", "OPT 125M", 125_239_296.0, 2_048, &OPT, "https://huggingface.co/facebook/opt-125m",
        "model_type=opt hidden_size=768 num_hidden_layers=12 num_attention_heads=12 ffn_dim=3072 vocab_size=50272 \
         max_position_embeddings=2048 word_embed_proj_dim=768 do_layer_norm_before=true"),
    row("smollm2-135m", "SmolLM2 135M", 134_515_008.0, 4_096, &SMOLLM2,
        "https://huggingface.co/HuggingFaceTB/SmolLM2-135M",
        "model_type=llama hidden_size=576 intermediate_size=1536 num_hidden_layers=30 num_attention_heads=9 \
         num_key_value_heads=3 vocab_size=49152 tie_word_embeddings=true max_position_embeddings=4096"),
    row("pythia-160m", "Pythia 160M", 162_322_944.0, 2_048, &PYTHIA, "https://huggingface.co/EleutherAI/pythia-160m",
        "model_type=gpt_neox hidden_size=768 intermediate_size=3072 num_hidden_layers=12 num_attention_heads=12 \
         vocab_size=50304 max_position_embeddings=2048 tie_word_embeddings=false"),
    row("t5-base", "T5 base", 222_903_552.0, 512, &T5, "https://huggingface.co/google-t5/t5-base",
        "model_type=t5 d_model=768 d_ff=3072 num_layers=12 num_decoder_layers=12 num_heads=12 d_kv=64 \
         vocab_size=32128 feed_forward_proj=relu tie_word_embeddings=true relative_attention_num_buckets=32"),
    row("flan-t5-base", "FLAN-T5 base", 247_577_856.0, 512, &FLAN_T5, "https://huggingface.co/google/flan-t5-base",
        "model_type=t5 d_model=768 d_ff=2048 num_layers=12 num_decoder_layers=12 num_heads=12 d_kv=64 \
         vocab_size=32128 feed_forward_proj=gated-gelu tie_word_embeddings=false relative_attention_num_buckets=32"),
    row("gemma-3-270m", "Gemma 3 270M", 268_098_176.0, 32_768, &PUBLISHED_BF16,
        "https://huggingface.co/google/gemma-3-270m",
        "model_type=gemma3_text hidden_size=640 intermediate_size=2048 num_hidden_layers=18 num_attention_heads=4 \
         num_key_value_heads=1 head_dim=256 vocab_size=262144 sliding_window=512 sliding_window_pattern=6 \
         max_position_embeddings=32768"),
    row("opt-350m", "OPT 350M", 331_196_416.0, 2_048, &OPT, "https://huggingface.co/facebook/opt-350m",
        "model_type=opt hidden_size=1024 num_hidden_layers=24 num_attention_heads=16 ffn_dim=4096 \
         word_embed_proj_dim=512 vocab_size=50272 max_position_embeddings=2048 do_layer_norm_before=false"),
    row("bert-large", "BERT large", 335_141_888.0, 512, &PUBLISHED_FP32,
        "https://huggingface.co/google-bert/bert-large-uncased",
        "model_type=bert hidden_size=1024 intermediate_size=4096 num_hidden_layers=24 num_attention_heads=16 \
         vocab_size=30522 max_position_embeddings=512 type_vocab_size=2"),
    row("gpt2-medium", "GPT-2 medium", 354_823_168.0, 1_024, &PUBLISHED_FP32,
        "https://huggingface.co/openai-community/gpt2-medium",
        "model_type=gpt2 n_embd=1024 n_layer=24 n_head=16 n_positions=1024 vocab_size=50257"),
    row("smollm2-360m", "SmolLM2 360M", 361_821_120.0, 8_192, &SMOLLM2,
        "https://huggingface.co/HuggingFaceTB/SmolLM2-360M",
        "model_type=llama hidden_size=960 intermediate_size=2560 num_hidden_layers=32 num_attention_heads=15 \
         num_key_value_heads=5 vocab_size=49152 max_position_embeddings=8192 tie_word_embeddings=true"),
    row("pythia-410m", "Pythia 410M", 405_334_016.0, 2_048, &PYTHIA, "https://huggingface.co/EleutherAI/pythia-410m",
        "model_type=gpt_neox hidden_size=1024 intermediate_size=4096 num_hidden_layers=24 num_attention_heads=16 \
         vocab_size=50304 max_position_embeddings=2048 tie_word_embeddings=false"),
    row("qwen2.5-0.5b", "Qwen2.5 0.5B", 494_032_768.0, 32_768, &PUBLISHED_BF16,
        "https://huggingface.co/Qwen/Qwen2.5-0.5B",
        "model_type=qwen2 hidden_size=896 intermediate_size=4864 num_hidden_layers=24 num_attention_heads=14 \
         num_key_value_heads=2 vocab_size=151936 tie_word_embeddings=true max_position_embeddings=32768"),
    row("bloom-560m", "BLOOM 560M", 559_214_592.0, 2_048, &BLOOM_SMALL,
        "https://huggingface.co/bigscience/bloom-560m",
        "model_type=bloom hidden_size=1024 n_layer=24 n_head=16 vocab_size=250880"),
    row("qwen3-0.6b", "Qwen3 0.6B", 596_049_920.0, 40_960, &PUBLISHED_BF16, "https://huggingface.co/Qwen/Qwen3-0.6B",
        "model_type=qwen3 hidden_size=1024 intermediate_size=3072 num_hidden_layers=28 num_attention_heads=16 \
         num_key_value_heads=8 head_dim=128 vocab_size=151936 tie_word_embeddings=true max_position_embeddings=40960"),
    row("t5-large", "T5 large", 737_668_096.0, 512, &T5, "https://huggingface.co/google-t5/t5-large",
        "model_type=t5 d_model=1024 d_ff=4096 num_layers=24 num_decoder_layers=24 num_heads=16 d_kv=64 \
         vocab_size=32128 feed_forward_proj=relu tie_word_embeddings=true"),
    row("gpt2-large", "GPT-2 large", 774_030_080.0, 1_024, &PUBLISHED_FP32,
        "https://huggingface.co/openai-community/gpt2-large",
        "model_type=gpt2 n_embd=1280 n_layer=36 n_head=20 n_positions=1024 vocab_size=50257 tie_word_embeddings=true"),
    row("flan-t5-large", "FLAN-T5 large", 783_150_080.0, 512, &FLAN_T5, "https://huggingface.co/google/flan-t5-large",
        "model_type=t5 d_model=1024 d_ff=2816 num_layers=24 num_decoder_layers=24 num_heads=16 d_kv=64 \
         vocab_size=32128 feed_forward_proj=gated-gelu tie_word_embeddings=false relative_attention_num_buckets=32"),
    row("gemma-3-1b", "Gemma 3 1B", 999_885_952.0, 32_768, &PUBLISHED_BF16,
        "https://huggingface.co/google/gemma-3-1b-pt",
        "model_type=gemma3_text hidden_size=1152 intermediate_size=6912 num_hidden_layers=26 num_attention_heads=4 \
         num_key_value_heads=1 head_dim=256 vocab_size=262144 sliding_window=512 sliding_window_pattern=6 \
         max_position_embeddings=32768"),
    row("pythia-1b", "Pythia 1B", 1_011_781_632.0, 2_048, &PYTHIA, "https://huggingface.co/EleutherAI/pythia-1b",
        "model_type=gpt_neox hidden_size=2048 intermediate_size=8192 num_hidden_layers=16 num_attention_heads=8 \
         vocab_size=50304 max_position_embeddings=2048 tie_word_embeddings=false"),
    row("bloom-1b1", "BLOOM 1B1", 1_065_314_304.0, 2_048, &BLOOM_SMALL, "https://huggingface.co/bigscience/bloom-1b1",
        "model_type=bloom hidden_size=1536 n_layer=24 n_head=16 vocab_size=250880"),
    row("tinyllama-1.1b", "TinyLlama 1.1B", 1_100_048_384.0, 2_048, &PUBLISHED_BF16,
        "https://huggingface.co/TinyLlama/TinyLlama-1.1B-Chat-v1.0",
        "model_type=llama hidden_size=2048 intermediate_size=5632 num_hidden_layers=22 num_attention_heads=32 \
         num_key_value_heads=4 vocab_size=32000 tie_word_embeddings=false max_position_embeddings=2048"),
    row("llama-3.2-1b", "Llama 3.2 1B", 1_235_814_400.0, 131_072, &LLAMA_3,
        "https://huggingface.co/meta-llama/Llama-3.2-1B",
        "model_type=llama hidden_size=2048 intermediate_size=8192 num_hidden_layers=16 num_attention_heads=32 \
         num_key_value_heads=8 vocab_size=128256 max_position_embeddings=131072 tie_word_embeddings=true head_dim=64"),
    row("opt-1.3b", "OPT 1.3B", 1_315_758_080.0, 2_048, &OPT, "https://huggingface.co/facebook/opt-1.3b",
        "model_type=opt hidden_size=2048 num_hidden_layers=24 num_attention_heads=32 ffn_dim=8192 \
         word_embed_proj_dim=2048 vocab_size=50272 max_position_embeddings=2048 do_layer_norm_before=true"),
    row("pythia-1.4b", "Pythia 1.4B", 1_414_647_808.0, 2_048, &PYTHIA,
        "https://huggingface.co/EleutherAI/pythia-1.4b",
        "model_type=gpt_neox hidden_size=2048 intermediate_size=8192 num_hidden_layers=24 num_attention_heads=16 \
         vocab_size=50304 tie_word_embeddings=false max_position_embeddings=2048"),
    row("phi-1", "Phi-1", 1_418_270_720.0, 2_048, &PHI_1, "https://huggingface.co/microsoft/phi-1",
        "model_type=phi hidden_size=2048 intermediate_size=8192 num_hidden_layers=24 num_attention_heads=32 \
         vocab_size=51200 max_position_embeddings=2048 tie_word_embeddings=false"),
    row("phi-1.5", "Phi-1.5", 1_418_270_720.0, 2_048, &PHI_1, "https://huggingface.co/microsoft/phi-1_5",
        "model_type=phi hidden_size=2048 intermediate_size=8192 num_hidden_layers=24 num_attention_heads=32 \
         num_key_value_heads=32 vocab_size=51200 tie_word_embeddings=false qk_layernorm=false \
         max_position_embeddings=2048"),
    row("olmo-2-1b", "OLMo 2 1B", 1_484_916_736.0, 4_096, &OLMO_2, "https://huggingface.co/allenai/OLMo-2-0425-1B",
        "model_type=olmo2 hidden_size=2048 intermediate_size=8192 num_hidden_layers=16 num_attention_heads=16 \
         num_key_value_heads=16 vocab_size=100352 max_position_embeddings=4096 tie_word_embeddings=false"),
    row("qwen2.5-1.5b", "Qwen2.5 1.5B", 1_543_714_304.0, 32_768, &PUBLISHED_BF16,
        "https://huggingface.co/Qwen/Qwen2.5-1.5B",
        "model_type=qwen2 hidden_size=1536 intermediate_size=8960 num_hidden_layers=28 num_attention_heads=12 \
         num_key_value_heads=2 vocab_size=151936 max_position_embeddings=32768 tie_word_embeddings=true"),
    row("gpt2-xl", "GPT-2 XL", 1_557_611_200.0, 1_024, &PUBLISHED_FP32,
        "https://huggingface.co/openai-community/gpt2-xl",
        "model_type=gpt2 n_embd=1600 n_layer=48 n_head=25 n_positions=1024 vocab_size=50257 tie_word_embeddings=true"),
    row("smollm2-1.7b", "SmolLM2 1.7B", 1_711_376_384.0, 8_192, &SMOLLM2,
        "https://huggingface.co/HuggingFaceTB/SmolLM2-1.7B",
        "model_type=llama hidden_size=2048 intermediate_size=8192 num_hidden_layers=24 num_attention_heads=32 \
         num_key_value_heads=32 vocab_size=49152 max_position_embeddings=8192 tie_word_embeddings=true"),
    row("qwen3-1.7b", "Qwen3 1.7B", 1_720_574_976.0, 40_960, &PUBLISHED_BF16,
        "https://huggingface.co/Qwen/Qwen3-1.7B",
        "model_type=qwen3 hidden_size=2048 intermediate_size=6144 num_hidden_layers=28 num_attention_heads=16 \
         num_key_value_heads=8 head_dim=128 vocab_size=151936 tie_word_embeddings=true max_position_embeddings=40960"),
    row("bloom-1b7", "BLOOM 1B7", 1_722_408_960.0, 2_048, &BLOOM_SMALL, "https://huggingface.co/bigscience/bloom-1b7",
        "model_type=bloom hidden_size=2048 n_layer=24 n_head=16 vocab_size=250880"),
    row("gemma-2b", "Gemma 2B", 2_506_172_416.0, 8_192, &GEMMA, "https://huggingface.co/google/gemma-2b",
        "model_type=gemma hidden_size=2048 intermediate_size=16384 num_hidden_layers=18 num_attention_heads=8 \
         num_key_value_heads=1 head_dim=256 vocab_size=256000"),
    row("gemma-2-2b", "Gemma 2 2B", 2_614_341_888.0, 8_192, &GEMMA,
        "https://huggingface.co/google/gemma-2-2b",
        "model_type=gemma2 hidden_size=2304 intermediate_size=9216 num_hidden_layers=26 num_attention_heads=8 \
         num_key_value_heads=4 head_dim=256 vocab_size=256000 sliding_window=4096 max_position_embeddings=8192"),
    row("opt-2.7b", "OPT 2.7B", 2_651_596_800.0, 2_048, &OPT, "https://huggingface.co/facebook/opt-2.7b",
        "model_type=opt hidden_size=2560 num_hidden_layers=32 num_attention_heads=32 ffn_dim=10240 vocab_size=50272 \
         max_position_embeddings=2048 word_embed_proj_dim=2560 do_layer_norm_before=true"),
    row("pythia-2.8b", "Pythia 2.8B", 2_775_208_960.0, 2_048, &PYTHIA,
        "https://huggingface.co/EleutherAI/pythia-2.8b",
        "model_type=gpt_neox hidden_size=2560 intermediate_size=10240 num_hidden_layers=32 num_attention_heads=32 \
         vocab_size=50304 max_position_embeddings=2048 tie_word_embeddings=false"),
    row("phi-2", "Phi-2", 2_779_683_840.0, 2_048, &PUBLISHED_FP16, "https://huggingface.co/microsoft/phi-2",
        "model_type=phi hidden_size=2560 intermediate_size=10240 num_hidden_layers=32 num_attention_heads=32 \
         num_key_value_heads=32 vocab_size=51200 tie_word_embeddings=false qk_layernorm=false \
         max_position_embeddings=2048"),
    row("flan-t5-xl", "FLAN-T5 XL", 2_849_757_184.0, 512, &FLAN_T5, "https://huggingface.co/google/flan-t5-xl",
        "model_type=t5 d_model=2048 d_ff=5120 num_layers=24 num_decoder_layers=24 num_heads=32 d_kv=64 \
         vocab_size=32128 feed_forward_proj=gated-gelu tie_word_embeddings=false relative_attention_num_buckets=32"),
    row("t5-3b", "T5 3B", 2_851_598_336.0, 512, &T5, "https://huggingface.co/google-t5/t5-3b",
        "model_type=t5 d_model=1024 d_ff=16384 num_layers=24 num_decoder_layers=24 num_heads=32 d_kv=128 \
         vocab_size=32128 feed_forward_proj=relu tie_word_embeddings=true relative_attention_num_buckets=32"),
    row("bloom-3b", "BLOOM 3B", 3_002_557_440.0, 2_048, &BLOOM_SMALL, "https://huggingface.co/bigscience/bloom-3b",
        "model_type=bloom hidden_size=2560 n_layer=30 n_head=32 vocab_size=250880"),
    row("qwen2.5-3b", "Qwen2.5 3B", 3_085_938_688.0, 32_768, &PUBLISHED_BF16,
        "https://huggingface.co/Qwen/Qwen2.5-3B",
        "model_type=qwen2 hidden_size=2048 intermediate_size=11008 num_hidden_layers=36 num_attention_heads=16 \
         num_key_value_heads=2 vocab_size=151936 tie_word_embeddings=true max_position_embeddings=32768"),
    row("llama-3.2-3b", "Llama 3.2 3B", 3_212_749_824.0, 131_072, &LLAMA_3,
        "https://huggingface.co/meta-llama/Llama-3.2-3B",
        "model_type=llama hidden_size=3072 intermediate_size=8192 num_hidden_layers=28 num_attention_heads=24 \
         num_key_value_heads=8 vocab_size=128256 max_position_embeddings=131072 tie_word_embeddings=true \
         head_dim=128"),
    row("phi-3-mini", "Phi-3 mini", 3_821_079_552.0, 4_096, &PHI_3,
        "https://huggingface.co/microsoft/Phi-3-mini-4k-instruct",
        "model_type=phi3 hidden_size=3072 intermediate_size=8192 num_hidden_layers=32 num_attention_heads=32 \
         num_key_value_heads=32 vocab_size=32064 tie_word_embeddings=false max_position_embeddings=4096 \
         sliding_window=2047"),
    row("phi-4-mini", "Phi-4 mini", 3_836_021_760.0, 131_072, &PUBLISHED_BF16,
        "https://huggingface.co/microsoft/Phi-4-mini-instruct",
        "model_type=phi3 hidden_size=3072 intermediate_size=8192 num_hidden_layers=32 num_attention_heads=24 \
         num_key_value_heads=8 vocab_size=200064 max_position_embeddings=131072 tie_word_embeddings=true"),
    row("gemma-3-4b", "Gemma 3 4B (text only)", 3_880_263_168.0, 131_072, &PUBLISHED_BF16,
        "https://huggingface.co/google/gemma-3-4b-pt",
        "model_type=gemma3_text hidden_size=2560 intermediate_size=10240 num_hidden_layers=34 num_attention_heads=8 \
         num_key_value_heads=4 head_dim=256 vocab_size=262208 sliding_window=1024 sliding_window_pattern=6 \
         max_position_embeddings=131072"),
    row("qwen3-4b", "Qwen3 4B", 4_022_468_096.0, 40_960, &PUBLISHED_BF16, "https://huggingface.co/Qwen/Qwen3-4B",
        "model_type=qwen3 hidden_size=2560 intermediate_size=9728 num_hidden_layers=36 num_attention_heads=32 \
         num_key_value_heads=8 head_dim=128 vocab_size=151936 tie_word_embeddings=true max_position_embeddings=40960"),
    row("gpt-j-6b", "GPT-J 6B", 6_050_882_784.0, 2_048, &PUBLISHED_FP32, "https://huggingface.co/EleutherAI/gpt-j-6b",
        "model_type=gptj n_embd=4096 n_layer=28 n_head=16 n_positions=2048 vocab_size=50400"),
    row("opt-6.7b", "OPT 6.7B", 6_658_473_984.0, 2_048, &OPT, "https://huggingface.co/facebook/opt-6.7b",
        "model_type=opt hidden_size=4096 num_hidden_layers=32 num_attention_heads=32 ffn_dim=16384 \
         word_embed_proj_dim=4096 vocab_size=50272 max_position_embeddings=2048 do_layer_norm_before=true"),
    row("llama-2-7b", "Llama 2 7B", 6_738_415_616.0, 4_096, &LLAMA_2,
        "https://huggingface.co/meta-llama/Llama-2-7b-hf",
        "model_type=llama hidden_size=4096 intermediate_size=11008 num_hidden_layers=32 num_attention_heads=32 \
         num_key_value_heads=32 vocab_size=32000 tie_word_embeddings=false max_position_embeddings=4096"),
    row("codellama-7b", "CodeLlama 7B", 6_738_546_688.0, 16_384, &CODE_LLAMA,
        "https://huggingface.co/codellama/CodeLlama-7b-hf",
        "model_type=llama hidden_size=4096 intermediate_size=11008 num_hidden_layers=32 num_attention_heads=32 \
         num_key_value_heads=32 vocab_size=32016 max_position_embeddings=16384 tie_word_embeddings=false"),
    row("pythia-6.9b", "Pythia 6.9B", 6_857_302_016.0, 2_048, &PYTHIA,
        "https://huggingface.co/EleutherAI/pythia-6.9b",
        "model_type=gpt_neox hidden_size=4096 intermediate_size=16384 num_hidden_layers=32 num_attention_heads=32 \
         vocab_size=50432 tie_word_embeddings=false max_position_embeddings=2048"),
    row("falcon-7b", "Falcon 7B", 6_921_720_704.0, 2_048, &FALCON, "https://huggingface.co/tiiuae/falcon-7b",
        "model_type=falcon hidden_size=4544 num_hidden_layers=32 num_attention_heads=71 vocab_size=65024 \
         multi_query=true parallel_attn=true bias=false new_decoder_architecture=false alibi=false"),
    row("bloom-7b1", "BLOOM 7B1", 7_069_016_064.0, 2_048, &BLOOM_SMALL, "https://huggingface.co/bigscience/bloom-7b1",
        "model_type=bloom hidden_size=4096 n_layer=30 n_head=32 vocab_size=250880"),
    row("mistral-7b-v0.1", "Mistral 7B v0.1", 7_241_732_096.0, 32_768, &PUBLISHED_BF16,
        "https://huggingface.co/mistralai/Mistral-7B-v0.1",
        "model_type=mistral hidden_size=4096 intermediate_size=14336 num_hidden_layers=32 num_attention_heads=32 \
         num_key_value_heads=8 vocab_size=32000 sliding_window=4096 max_position_embeddings=32768 \
         tie_word_embeddings=false"),
    row("mistral-7b-v0.3", "Mistral 7B v0.3", 7_248_023_552.0, 32_768, &PUBLISHED_BF16,
        "https://huggingface.co/mistralai/Mistral-7B-v0.3",
        "model_type=mistral hidden_size=4096 intermediate_size=14336 num_hidden_layers=32 num_attention_heads=32 \
         num_key_value_heads=8 vocab_size=32768 sliding_window=null max_position_embeddings=32768 \
         tie_word_embeddings=false"),
    row("olmo-2-7b", "OLMo 2 7B", 7_298_617_344.0, 4_096, &OLMO_2, "https://huggingface.co/allenai/OLMo-2-1124-7B",
        "model_type=olmo2 hidden_size=4096 intermediate_size=11008 num_hidden_layers=32 num_attention_heads=32 \
         num_key_value_heads=32 vocab_size=100352 max_position_embeddings=4096 tie_word_embeddings=false"),
    row("qwen2.5-7b", "Qwen2.5 7B", 7_615_616_512.0, 32_768, &PUBLISHED_BF16,
        "https://huggingface.co/Qwen/Qwen2.5-7B",
        "model_type=qwen2 hidden_size=3584 intermediate_size=18944 num_hidden_layers=28 num_attention_heads=28 \
         num_key_value_heads=4 vocab_size=152064 tie_word_embeddings=false max_position_embeddings=32768"),
    row("llama-3-8b", "Llama 3 8B", 8_030_261_248.0, 8_192, &LLAMA_3,
        "https://huggingface.co/meta-llama/Meta-Llama-3-8B",
        "model_type=llama hidden_size=4096 intermediate_size=14336 num_hidden_layers=32 num_attention_heads=32 \
         num_key_value_heads=8 vocab_size=128256 tie_word_embeddings=false max_position_embeddings=8192"),
    row("llama-3.1-8b", "Llama 3.1 8B", 8_030_261_248.0, 131_072, &LLAMA_3,
        "https://huggingface.co/meta-llama/Llama-3.1-8B",
        "model_type=llama hidden_size=4096 intermediate_size=14336 num_hidden_layers=32 num_attention_heads=32 \
         num_key_value_heads=8 vocab_size=128256 tie_word_embeddings=false max_position_embeddings=131072"),
    row("qwen3-8b", "Qwen3 8B", 8_190_735_360.0, 40_960, &PUBLISHED_BF16, "https://huggingface.co/Qwen/Qwen3-8B",
        "model_type=qwen3 hidden_size=4096 intermediate_size=12288 num_hidden_layers=36 num_attention_heads=32 \
         num_key_value_heads=8 head_dim=128 vocab_size=151936 tie_word_embeddings=false \
         max_position_embeddings=40960"),
    row("gemma-7b", "Gemma 7B", 8_537_680_896.0, 8_192, &GEMMA, "https://huggingface.co/google/gemma-7b",
        "model_type=gemma hidden_size=3072 intermediate_size=24576 num_hidden_layers=28 num_attention_heads=16 \
         num_key_value_heads=16 head_dim=256 vocab_size=256000"),
    row("gemma-2-9b", "Gemma 2 9B", 9_241_705_984.0, 8_192, &GEMMA,
        "https://huggingface.co/google/gemma-2-9b",
        "model_type=gemma2 hidden_size=3584 intermediate_size=14336 num_hidden_layers=42 num_attention_heads=16 \
         num_key_value_heads=8 head_dim=256 vocab_size=256000 sliding_window=4096 max_position_embeddings=8192"),
    row("flan-t5-xxl", "FLAN-T5 XXL", 11_135_332_352.0, 512, &FLAN_T5, "https://huggingface.co/google/flan-t5-xxl",
        "model_type=t5 d_model=4096 d_ff=10240 num_layers=24 num_decoder_layers=24 num_heads=64 d_kv=64 \
         vocab_size=32128 feed_forward_proj=gated-gelu tie_word_embeddings=false"),
    row("t5-11b", "T5 11B", 11_307_321_344.0, 512, &T5, "https://huggingface.co/google-t5/t5-11b",
        "model_type=t5 d_model=1024 d_ff=65536 num_layers=24 num_decoder_layers=24 num_heads=128 d_kv=128 \
         vocab_size=32128 feed_forward_proj=relu tie_word_embeddings=true relative_attention_num_buckets=32"),
    row("gemma-3-12b", "Gemma 3 12B (text only)", 11_766_034_176.0, 131_072, &PUBLISHED_BF16,
        "https://huggingface.co/google/gemma-3-12b-pt",
        "model_type=gemma3_text hidden_size=3840 intermediate_size=15360 num_hidden_layers=48 num_attention_heads=16 \
         num_key_value_heads=8 head_dim=256 vocab_size=262208 sliding_window=1024 sliding_window_pattern=6 \
         max_position_embeddings=131072"),
    row("pythia-12b", "Pythia 12B", 11_846_072_320.0, 2_048, &PYTHIA, "https://huggingface.co/EleutherAI/pythia-12b",
        "model_type=gpt_neox hidden_size=5120 intermediate_size=20480 num_hidden_layers=36 num_attention_heads=40 \
         vocab_size=50688 tie_word_embeddings=false max_position_embeddings=2048"),
    row("mistral-nemo-12b", "Mistral Nemo 12B", 12_247_782_400.0, 128_000, &PUBLISHED_BF16,
        "https://huggingface.co/mistralai/Mistral-Nemo-Base-2407",
        "model_type=mistral hidden_size=5120 intermediate_size=14336 num_hidden_layers=40 num_attention_heads=32 \
         num_key_value_heads=8 head_dim=128 vocab_size=131072 sliding_window=null max_position_embeddings=128000 \
         tie_word_embeddings=false"),
    row("opt-13b", "OPT 13B", 12_853_473_280.0, 2_048, &OPT, "https://huggingface.co/facebook/opt-13b",
        "model_type=opt hidden_size=5120 num_hidden_layers=40 num_attention_heads=40 ffn_dim=20480 \
         word_embed_proj_dim=5120 vocab_size=50272 max_position_embeddings=2048 do_layer_norm_before=true"),
    row("llama-2-13b", "Llama 2 13B", 13_015_864_320.0, 4_096, &LLAMA_2,
        "https://huggingface.co/meta-llama/Llama-2-13b-hf",
        "model_type=llama hidden_size=5120 intermediate_size=13824 num_hidden_layers=40 num_attention_heads=40 \
         num_key_value_heads=40 vocab_size=32000 max_position_embeddings=4096 tie_word_embeddings=false"),
    row("codellama-13b", "CodeLlama 13B", 13_016_028_160.0, 16_384, &CODE_LLAMA,
        "https://huggingface.co/codellama/CodeLlama-13b-hf",
        "model_type=llama hidden_size=5120 intermediate_size=13824 num_hidden_layers=40 num_attention_heads=40 \
         num_key_value_heads=40 vocab_size=32016 max_position_embeddings=16384 tie_word_embeddings=false"),
    row("olmo-2-13b", "OLMo 2 13B", 13_716_198_400.0, 4_096, &OLMO_2,
        "https://huggingface.co/allenai/OLMo-2-1124-13B",
        "model_type=olmo2 hidden_size=5120 intermediate_size=13824 num_hidden_layers=40 num_attention_heads=40 \
         num_key_value_heads=40 vocab_size=100352 max_position_embeddings=4096 tie_word_embeddings=false"),
    row("phi-3-medium", "Phi-3 medium 14B", 13_960_238_080.0, 4_096, &PHI_3,
        "https://huggingface.co/microsoft/Phi-3-medium-4k-instruct",
        "model_type=phi3 hidden_size=5120 intermediate_size=17920 num_hidden_layers=40 num_attention_heads=40 \
         num_key_value_heads=10 vocab_size=32064 max_position_embeddings=4096 sliding_window=2047 \
         tie_word_embeddings=false"),
    row("phi-4", "Phi-4", 14_659_507_200.0, 16_384, &PUBLISHED_BF16, "https://huggingface.co/microsoft/phi-4",
        "model_type=phi3 hidden_size=5120 intermediate_size=17920 num_hidden_layers=40 num_attention_heads=40 \
         num_key_value_heads=10 vocab_size=100352 tie_word_embeddings=false max_position_embeddings=16384"),
    row("qwen3-14b", "Qwen3 14B", 14_768_307_200.0, 40_960, &PUBLISHED_BF16, "https://huggingface.co/Qwen/Qwen3-14B",
        "model_type=qwen3 hidden_size=5120 intermediate_size=17408 num_hidden_layers=40 num_attention_heads=40 \
         num_key_value_heads=8 head_dim=128 vocab_size=151936 tie_word_embeddings=false \
         max_position_embeddings=40960"),
    row("qwen2.5-14b", "Qwen2.5 14B", 14_770_033_664.0, 32_768, &PUBLISHED_BF16,
        "https://huggingface.co/Qwen/Qwen2.5-14B",
        "model_type=qwen2 hidden_size=5120 intermediate_size=13824 num_hidden_layers=48 num_attention_heads=40 \
         num_key_value_heads=8 vocab_size=152064 max_position_embeddings=32768 tie_word_embeddings=false"),
    row("deepseek-v2-lite", "DeepSeek-V2-Lite", 15_706_484_224.0, 163_840, &PUBLISHED_BF16,
        "https://huggingface.co/deepseek-ai/DeepSeek-V2-Lite",
        "model_type=deepseek_v2 hidden_size=2048 intermediate_size=10944 moe_intermediate_size=1408 \
         num_hidden_layers=27 num_attention_heads=16 num_key_value_heads=16 n_shared_experts=2 n_routed_experts=64 \
         num_experts_per_tok=6 first_k_dense_replace=1 kv_lora_rank=512 q_lora_rank=null qk_rope_head_dim=64 \
         v_head_dim=128 qk_nope_head_dim=128 vocab_size=102400 max_position_embeddings=163840 \
         tie_word_embeddings=false"),
    row("gpt-neox-20b", "GPT-NeoX 20B", 20_554_567_680.0, 2_048, &GPT_NEOX,
        "https://huggingface.co/EleutherAI/gpt-neox-20b",
        "model_type=gpt_neox hidden_size=6144 intermediate_size=24576 num_hidden_layers=44 num_attention_heads=64 \
         vocab_size=50432 max_position_embeddings=2048 tie_word_embeddings=false"),
    row("gpt-oss-20b", "gpt-oss 20B", 20_914_757_184.0, 131_072, &GPT_OSS,
        "https://huggingface.co/openai/gpt-oss-20b",
        "model_type=gpt_oss hidden_size=2880 intermediate_size=2880 num_hidden_layers=24 num_attention_heads=64 \
         num_key_value_heads=8 head_dim=64 num_local_experts=32 num_experts_per_tok=4 vocab_size=201088 \
         sliding_window=128 max_position_embeddings=131072 tie_word_embeddings=false"),
    row("mistral-small-24b", "Mistral Small 3 24B", 23_572_403_200.0, 32_768, &PUBLISHED_BF16,
        "https://huggingface.co/mistralai/Mistral-Small-24B-Base-2501",
        "model_type=mistral hidden_size=5120 intermediate_size=32768 num_hidden_layers=40 num_attention_heads=32 \
         num_key_value_heads=8 vocab_size=131072 max_position_embeddings=32768 sliding_window=null \
         tie_word_embeddings=false head_dim=128"),
    row("gemma-3-27b", "Gemma 3 27B (text only)", 27_009_346_304.0, 131_072, &PUBLISHED_BF16,
        "https://huggingface.co/google/gemma-3-27b-pt",
        "model_type=gemma3_text hidden_size=5376 intermediate_size=21504 num_hidden_layers=62 num_attention_heads=32 \
         num_key_value_heads=16 head_dim=128 vocab_size=262208 sliding_window=1024 sliding_window_pattern=6 \
         max_position_embeddings=131072"),
    row("gemma-2-27b", "Gemma 2 27B", 27_227_128_320.0, 8_192, &GEMMA,
        "https://huggingface.co/google/gemma-2-27b",
        "model_type=gemma2 hidden_size=4608 intermediate_size=36864 num_hidden_layers=46 num_attention_heads=32 \
         num_key_value_heads=16 head_dim=128 vocab_size=256000 sliding_window=4096 max_position_embeddings=8192"),
    row("opt-30b", "OPT 30B", 29_974_540_288.0, 2_048, &OPT, "https://huggingface.co/facebook/opt-30b",
        "model_type=opt hidden_size=7168 num_hidden_layers=48 num_attention_heads=56 ffn_dim=28672 vocab_size=50272 \
         max_position_embeddings=2048 word_embed_proj_dim=7168 do_layer_norm_before=true"),
    row("qwen3-30b-a3b", "Qwen3 30B-A3B", 30_532_122_624.0, 40_960, &PUBLISHED_BF16,
        "https://huggingface.co/Qwen/Qwen3-30B-A3B",
        "model_type=qwen3_moe hidden_size=2048 intermediate_size=6144 moe_intermediate_size=768 num_hidden_layers=48 \
         num_attention_heads=32 num_key_value_heads=4 head_dim=128 vocab_size=151936 tie_word_embeddings=false \
         num_experts=128 num_experts_per_tok=8 decoder_sparse_step=1 max_position_embeddings=40960"),
    row("olmo-2-32b", "OLMo 2 32B", 32_234_279_936.0, 4_096, &OLMO_2,
        "https://huggingface.co/allenai/OLMo-2-0325-32B",
        "model_type=olmo2 hidden_size=5120 intermediate_size=27648 num_hidden_layers=64 num_attention_heads=40 \
         num_key_value_heads=8 vocab_size=100352 max_position_embeddings=4096 tie_word_embeddings=false"),
    row("qwen3-32b", "Qwen3 32B", 32_762_123_264.0, 40_960, &PUBLISHED_BF16, "https://huggingface.co/Qwen/Qwen3-32B",
        "model_type=qwen3 hidden_size=5120 intermediate_size=25600 num_hidden_layers=64 num_attention_heads=64 \
         num_key_value_heads=8 head_dim=128 vocab_size=151936 tie_word_embeddings=false \
         max_position_embeddings=40960"),
    row("qwen2.5-32b", "Qwen2.5 32B", 32_763_876_352.0, 32_768, &PUBLISHED_BF16,
        "https://huggingface.co/Qwen/Qwen2.5-32B",
        "model_type=qwen2 hidden_size=5120 intermediate_size=27648 num_hidden_layers=64 num_attention_heads=40 \
         num_key_value_heads=8 vocab_size=152064 max_position_embeddings=32768 tie_word_embeddings=false"),
    row("codellama-34b", "CodeLlama 34B", 33_743_970_304.0, 16_384, &CODE_LLAMA,
        "https://huggingface.co/codellama/CodeLlama-34b-hf",
        "model_type=llama hidden_size=8192 intermediate_size=22016 num_hidden_layers=48 num_attention_heads=64 \
         num_key_value_heads=8 vocab_size=32000 max_position_embeddings=16384 tie_word_embeddings=false"),
    row("falcon-40b", "Falcon 40B", 41_303_293_952.0, 2_048, &FALCON, "https://huggingface.co/tiiuae/falcon-40b",
        "model_type=falcon hidden_size=8192 num_hidden_layers=60 num_attention_heads=128 num_kv_heads=8 \
         vocab_size=65024 parallel_attn=true bias=false new_decoder_architecture=true alibi=false"),
    row("mixtral-8x7b", "Mixtral 8x7B", 46_702_792_704.0, 32_768, &PUBLISHED_BF16,
        "https://huggingface.co/mistralai/Mixtral-8x7B-v0.1",
        "model_type=mixtral hidden_size=4096 intermediate_size=14336 num_hidden_layers=32 num_attention_heads=32 \
         num_key_value_heads=8 vocab_size=32000 num_local_experts=8 num_experts_per_tok=2 tie_word_embeddings=false \
         max_position_embeddings=32768"),
    row("opt-66b", "OPT 66B", 65_719_701_504.0, 2_048, &OPT, "https://huggingface.co/facebook/opt-66b",
        "model_type=opt hidden_size=9216 num_hidden_layers=64 num_attention_heads=72 ffn_dim=36864 \
         word_embed_proj_dim=9216 vocab_size=50272 max_position_embeddings=2048 do_layer_norm_before=true"),
    row("llama-2-70b", "Llama 2 70B", 68_976_648_192.0, 4_096, &LLAMA_2,
        "https://huggingface.co/meta-llama/Llama-2-70b-hf",
        "model_type=llama hidden_size=8192 intermediate_size=28672 num_hidden_layers=80 num_attention_heads=64 \
         num_key_value_heads=8 vocab_size=32000 tie_word_embeddings=false max_position_embeddings=4096"),
    row("llama-3.1-70b", "Llama 3.1 70B", 70_553_706_496.0, 131_072, &LLAMA_3,
        "https://huggingface.co/meta-llama/Llama-3.1-70B",
        "model_type=llama hidden_size=8192 intermediate_size=28672 num_hidden_layers=80 num_attention_heads=64 \
         num_key_value_heads=8 vocab_size=128256 tie_word_embeddings=false max_position_embeddings=131072"),
    row("llama-3.3-70b", "Llama 3.3 70B", 70_553_706_496.0, 131_072, &LLAMA_3,
        "https://huggingface.co/meta-llama/Llama-3.3-70B-Instruct",
        "model_type=llama hidden_size=8192 intermediate_size=28672 num_hidden_layers=80 num_attention_heads=64 \
         num_key_value_heads=8 vocab_size=128256 max_position_embeddings=131072 tie_word_embeddings=false"),
    row("qwen2.5-72b", "Qwen2.5 72B", 72_706_203_648.0, 32_768, &PUBLISHED_BF16,
        "https://huggingface.co/Qwen/Qwen2.5-72B",
        "model_type=qwen2 hidden_size=8192 intermediate_size=29568 num_hidden_layers=80 num_attention_heads=64 \
         num_key_value_heads=8 vocab_size=152064 tie_word_embeddings=false max_position_embeddings=32768"),
    row("gpt-oss-120b", "gpt-oss 120B", 116_829_156_672.0, 131_072, &GPT_OSS,
        "https://huggingface.co/openai/gpt-oss-120b",
        "model_type=gpt_oss hidden_size=2880 intermediate_size=2880 num_hidden_layers=36 num_attention_heads=64 \
         num_key_value_heads=8 head_dim=64 num_local_experts=128 num_experts_per_tok=4 vocab_size=201088 \
         sliding_window=128 max_position_embeddings=131072 tie_word_embeddings=false"),
    row("mistral-large-123b", "Mistral Large 2 123B", 122_610_069_504.0, 131_072, &PUBLISHED_BF16,
        "https://huggingface.co/mistralai/Mistral-Large-Instruct-2407",
        "model_type=mistral hidden_size=12288 intermediate_size=28672 num_hidden_layers=88 num_attention_heads=96 \
         num_key_value_heads=8 vocab_size=32768 max_position_embeddings=131072 sliding_window=null \
         tie_word_embeddings=false"),
    row("mixtral-8x22b", "Mixtral 8x22B", 140_620_634_112.0, 65_536, &PUBLISHED_BF16,
        "https://huggingface.co/mistralai/Mixtral-8x22B-v0.1",
        "model_type=mixtral hidden_size=6144 intermediate_size=16384 num_hidden_layers=56 num_attention_heads=48 \
         num_key_value_heads=8 vocab_size=32000 num_local_experts=8 num_experts_per_tok=2 \
         max_position_embeddings=65536 tie_word_embeddings=false"),
    row("bloom-176b", "BLOOM 176B", 176_247_271_424.0, 2_048, &BLOOM_176B, "https://huggingface.co/bigscience/bloom",
        "model_type=bloom hidden_size=14336 n_layer=70 n_head=112 vocab_size=250880"),
    row("falcon-180b", "Falcon 180B", 178_557_088_768.0, 2_048, &FALCON, "https://huggingface.co/tiiuae/falcon-180B",
        "model_type=falcon hidden_size=14848 num_hidden_layers=80 num_attention_heads=232 num_kv_heads=8 \
         vocab_size=65024 new_decoder_architecture=true parallel_attn=true bias=false alibi=false"),
    row("qwen3-235b-a22b", "Qwen3 235B-A22B", 235_093_634_560.0, 40_960, &PUBLISHED_BF16,
        "https://huggingface.co/Qwen/Qwen3-235B-A22B",
        "model_type=qwen3_moe hidden_size=4096 intermediate_size=12288 moe_intermediate_size=1536 \
         num_hidden_layers=94 num_attention_heads=64 num_key_value_heads=4 head_dim=128 vocab_size=151936 \
         tie_word_embeddings=false num_experts=128 num_experts_per_tok=8 decoder_sparse_step=1 \
         max_position_embeddings=40960"),
    row("deepseek-v2", "DeepSeek-V2", 235_741_434_880.0, 163_840, &PUBLISHED_BF16,
        "https://huggingface.co/deepseek-ai/DeepSeek-V2",
        "model_type=deepseek_v2 hidden_size=5120 intermediate_size=12288 moe_intermediate_size=1536 \
         num_hidden_layers=60 num_attention_heads=128 num_key_value_heads=128 n_shared_experts=2 \
         n_routed_experts=160 num_experts_per_tok=6 first_k_dense_replace=1 kv_lora_rank=512 q_lora_rank=1536 \
         qk_rope_head_dim=64 v_head_dim=128 qk_nope_head_dim=128 vocab_size=102400 tie_word_embeddings=false \
         max_position_embeddings=163840"),
    row("llama-3.1-405b", "Llama 3.1 405B", 405_853_388_800.0, 131_072, &LLAMA_3,
        "https://huggingface.co/meta-llama/Llama-3.1-405B",
        "model_type=llama hidden_size=16384 intermediate_size=53248 num_hidden_layers=126 num_attention_heads=128 \
         num_key_value_heads=8 vocab_size=128256 tie_word_embeddings=false max_position_embeddings=131072"),
    row("deepseek-r1", "DeepSeek-R1", 671_026_404_352.0, 163_840, &DEEPSEEK_V3,
        "https://huggingface.co/deepseek-ai/DeepSeek-R1",
        "model_type=deepseek_v3 hidden_size=7168 intermediate_size=18432 moe_intermediate_size=2048 \
         num_hidden_layers=61 num_attention_heads=128 num_key_value_heads=128 n_shared_experts=1 \
         n_routed_experts=256 num_experts_per_tok=8 first_k_dense_replace=3 kv_lora_rank=512 q_lora_rank=1536 \
         qk_rope_head_dim=64 v_head_dim=128 qk_nope_head_dim=128 vocab_size=129280 max_position_embeddings=163840 \
         tie_word_embeddings=false"),
    row("deepseek-v3", "DeepSeek-V3", 671_026_404_352.0, 163_840, &DEEPSEEK_V3,
        "https://huggingface.co/deepseek-ai/DeepSeek-V3",
        "model_type=deepseek_v3 hidden_size=7168 intermediate_size=18432 moe_intermediate_size=2048 \
         num_hidden_layers=61 num_attention_heads=128 num_key_value_heads=128 n_shared_experts=1 \
         n_routed_experts=256 num_experts_per_tok=8 first_k_dense_replace=3 kv_lora_rank=512 q_lora_rank=1536 \
         qk_rope_head_dim=64 v_head_dim=128 qk_nope_head_dim=128 vocab_size=129280 tie_word_embeddings=false \
         max_position_embeddings=163840"),
];
