//! What families of transformers keep beyond Llama's block, because of how their modules are written.

/// How a family's modules differ from Llama's in what they save for the backward pass; see `SHIPPED` for how to add one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shipped {
    /// Whether norms multiply by their weight in FP32, and so keep their FP32 output.
    pub fp32_norm_output: bool,
    /// Whether RMSNorms keep their input beside its FP32 copy.
    pub norm_input: bool,
    /// Whether the softmax of eager attention is in FP32.
    pub fp32_softmax: bool,
    /// Whether eager attention caps its logits with a tanh, which keeps them.
    pub softcap: bool,
    /// Tensors as wide as the MLP: four with a gate and two without, unless the activation is a chain of operations.
    pub mlp_tensors: Option<f64>,
    /// Whether attention and MLP stand side by side on norms of one input.
    pub shared_norm_input: bool,
    /// Whether flash attention's output is kept once more, in the order that the output projection reads: the kernel writes it
    /// in the order of the queries, which are not laid out by token where they are put together from parts.
    pub output_copied: bool,
    /// Whether queries and keys take as much again: GPT-NeoX keeps them from before their rotation too, because its values are
    /// a view of the same tensor, and GPT-J keeps them in FP32.
    pub queries_again: bool,
}

impl Shipped {
    /// Llama's.
    pub const LLAMA: Self = Self {
        fp32_norm_output: false,
        norm_input: false,
        fp32_softmax: true,
        softcap: false,
        mlp_tensors: None,
        shared_norm_input: false,
        output_copied: false,
        queries_again: false,
    };

    /// A family's, Llama's where there is no row. `gated` is whether the MLP has a gate, which T5 may have or not.
    #[must_use]
    pub fn of(model_type: &str, gated: bool) -> Self {
        let row = SHIPPED.iter().find(|(family, _)| *family == model_type).map_or(Self::LLAMA, |(_, shipped)| *shipped);
        // FLAN-T5's gated MLP has gelu_new instead of T5's ReLU.
        if model_type == "t5" && gated { Self { mlp_tensors: Some(7.0), ..row } } else { row }
    }
}

/// Tensors of an MLP whose activation is `gelu_new`: x, x/2, tanh, 1 + tanh and the product.
const GELU_NEW: Option<f64> = Some(5.0);
/// Of one with ReLU, which keeps its output alone, the next layer's input.
const RELU: Option<f64> = Some(1.0);

/// Families that differ. Activations are those of each class's default config.
///
/// Adding one: run a model of two layers and one of one under `torch.autograd.graph.saved_tensors_hooks` in BF16, count each
/// storage once without the weights, and compare the difference with what the terms say of Llama's block; then a row, and the
/// measured figure in this file's test.
///
/// ```text
/// ("opt", Shipped { mlp_tensors: RELU, ..Shipped::LLAMA }),
/// ```
static SHIPPED: &[(&str, Shipped)] = &[
    ("gemma", Shipped { fp32_norm_output: true, ..Shipped::LLAMA }),
    ("gemma2", Shipped { fp32_norm_output: true, softcap: true, ..Shipped::LLAMA }),
    ("gemma3_text", Shipped { fp32_norm_output: true, ..Shipped::LLAMA }),
    ("olmo2", Shipped { fp32_norm_output: true, ..Shipped::LLAMA }),
    ("gpt_oss", Shipped { fp32_norm_output: true, fp32_softmax: false, mlp_tensors: Some(7.0), ..Shipped::LLAMA }),
    ("gpt2", Shipped { fp32_softmax: false, mlp_tensors: GELU_NEW, ..Shipped::LLAMA }),
    ("gptj", Shipped { mlp_tensors: GELU_NEW, queries_again: true, ..Shipped::LLAMA }),
    ("phi", Shipped { mlp_tensors: GELU_NEW, output_copied: true, ..Shipped::LLAMA }),
    ("phi3", Shipped { output_copied: true, ..Shipped::LLAMA }),
    ("gpt_neox", Shipped { shared_norm_input: true, output_copied: true, queries_again: true, ..Shipped::LLAMA }),
    ("bert", Shipped { fp32_softmax: false, ..Shipped::LLAMA }),
    ("falcon", Shipped { fp32_softmax: false, ..Shipped::LLAMA }),
    ("opt", Shipped { mlp_tensors: RELU, ..Shipped::LLAMA }),
    ("t5", Shipped { mlp_tensors: RELU, norm_input: true, ..Shipped::LLAMA }),
];

#[cfg(test)]
mod tests {
    use crate::memory::activations::{Activations, LayerShape, Recompute, activation_model};
    use crate::transformer::{Architecture, Config};

    /// transformers 4.57.6 and PyTorch 2.6.0 on a CPU, BF16, no dropout, 512 tokens, bytes per sbh, attention's mask left out.
    /// Every model has h = 256 and 8 heads.
    const MEASURED: &[(&str, &str, &str, f64)] = &[
        ("llama", LLAMA, "sdpa", 52.156_25),
        ("llama", LLAMA, "eager", 148.031_25),
        ("qwen3", QWEN, "sdpa", 59.812_5),
        ("qwen3", QWEN, "eager", 155.687_5),
        ("gemma", HEADS_OF_32, "sdpa", 56.171_875),
        ("gemma2", HEADS_OF_32, "sdpa", 72.218_75),
        ("gemma2", HEADS_OF_32, "eager", 200.093_75),
        ("gemma3_text", HEADS_OF_32, "sdpa", 82.376_95),
        ("olmo2", LLAMA, "sdpa", 66.187_5),
        ("olmo2", LLAMA, "eager", 162.062_5),
        ("phi", UNGATED, "sdpa", 54.140_625),
        ("phi3", LLAMA, "sdpa", 54.156_25),
        ("gpt_neox", UNGATED, "sdpa", 36.156_25),
        ("gpt_neox", UNGATED, "eager", 130.031_25),
        ("gpt2", GPT2, "sdpa", 56.156_25),
        ("gpt2", GPT2, "eager", 88.031_25),
        ("bloom", r#""hidden_size": 256, "n_head": 8"#, "eager", 128.031_25),
        ("opt", OPT, "sdpa", 24.156_25),
        ("opt", OPT, "eager", 120.031_25),
        ("deepseek_v3", DEEPSEEK, "eager", 157.062_5),
        ("bert", UNGATED, "sdpa", 32.156_25),
        ("bert", UNGATED, "eager", 64.031_25),
        ("falcon", r#""hidden_size": 256, "num_attention_heads": 8"#, "eager", 56.515_75),
        ("t5", T5, "eager", 132.031_25),
        ("mixtral", MIXTRAL, "eager", 188.312_5),
        ("qwen3_moe", QWEN_MOE, "eager", 168.156_25),
    ];
    const LLAMA: &str =
        r#""hidden_size": 256, "intermediate_size": 896, "num_attention_heads": 8, "num_key_value_heads": 2"#;
    const QWEN: &str = r#""hidden_size": 256, "intermediate_size": 896, "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 32"#;
    const HEADS_OF_32: &str = QWEN;
    /// Every expert is chosen, so that the count does not depend on the router.
    const MIXTRAL: &str = r#""hidden_size": 256, "intermediate_size": 896, "num_attention_heads": 8, "num_key_value_heads": 2, "num_local_experts": 2, "num_experts_per_tok": 2"#;
    const QWEN_MOE: &str = r#""hidden_size": 256, "moe_intermediate_size": 128, "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 32, "num_experts": 4, "num_experts_per_tok": 4"#;
    const T5: &str = r#""d_model": 256, "d_kv": 32, "num_heads": 8, "d_ff": 1024"#;
    const FLAN_T5: &str =
        r#""d_model": 256, "d_kv": 32, "num_heads": 8, "d_ff": 896, "feed_forward_proj": "gated-gelu""#;
    const GPT2: &str = r#""n_embd": 256, "n_head": 8"#;
    const UNGATED: &str = r#""hidden_size": 256, "intermediate_size": 1024, "num_attention_heads": 8"#;
    const OPT: &str = r#""hidden_size": 256, "ffn_dim": 1024, "num_attention_heads": 8, "word_embed_proj_dim": 256"#;
    const DEEPSEEK: &str = r#""hidden_size": 256, "intermediate_size": 896, "num_attention_heads": 8, "num_key_value_heads": 8, "q_lora_rank": 96, "kv_lora_rank": 64, "qk_rope_head_dim": 16, "qk_nope_head_dim": 32, "v_head_dim": 32"#;

    fn by_terms(model_type: &str, fields: &str, attention: &str, dropout: bool) -> f64 {
        of_stack(0, model_type, fields, attention, dropout)
    }

    fn of_stack(stack: usize, model_type: &str, fields: &str, attention: &str, dropout: bool) -> f64 {
        let json = format!(r#"{{"model_type": "{model_type}", {fields}}}"#);
        let architecture = Architecture::from_config(&Config::from_json(&json).unwrap()).unwrap();
        let plan = Activations {
            model: activation_model(&format!("transformers-{attention}")).unwrap(),
            recompute: Recompute::None,
            dropout,
            compute_bytes: 2.0,
            tensor: 1,
            sequence: false,
            batch: 1,
            tokens: 512,
        };
        plan.coefficient(&LayerShape::of(&architecture, stack).unwrap())
    }

    #[test]
    fn the_terms_are_what_was_measured_of_each_family() {
        for (model_type, fields, attention, measured) in MEASURED {
            let found = by_terms(model_type, fields, attention, false);
            // Copies of norms' weights and means, which do not grow with h, are left out.
            assert!((found - measured).abs() < 0.05, "{model_type} {attention}: {found} is not {measured}");
        }
    }

    #[test]
    fn t5s_decoder_has_attention_twice_and_flan_a_gate() {
        for (fields, measured) in [(T5, 246.046_875), (FLAN_T5, 287.046_875)] {
            let found = of_stack(1, "t5", fields, "eager", false);
            assert!((found - measured).abs() < 0.05, "{found} is not {measured}");
        }
    }

    #[test]
    fn gptjs_sines_are_all_that_is_left_out() {
        let found = by_terms("gptj", r#""n_embd": 256, "n_head": 8, "rotary_dim": 16"#, "eager", false);
        let sines = 4.0 * 16.0 * 2.0 / 256.0;
        assert!((found + sines - 152.515_66).abs() < 0.05, "{found}");
    }

    #[test]
    fn gpt2_with_dropout_is_58_and_5_squares_on_a_gpu() {
        // On a CPU it was measured at 60 + 6as/h: there a dropout mask has 2 bytes.
        let found = by_terms("gpt2", GPT2, "eager", true);
        assert!((found - 58.0 - 5.0 * 8.0 * 512.0 / 256.0).abs() < 0.05, "{found}");
    }
}
