//! The words of the seven steps.

use super::{Ask, Change, Guess, Shows, Step};
use crate::labs::Lab;
use std::borrow::Cow::Borrowed;

/// What a lab is asked, and which of its pictures is shown.
const fn shows(lab: Lab, link: &'static str, figure: usize) -> Shows {
    Shows { lab, link: Borrowed(link), figure }
}

/// Something that can be changed in the Memory lab.
const fn memory(label: &'static str, link: &'static str, said: &'static str) -> Change {
    Change { label, shows: shows(Lab::Memory, link, 0), said }
}

/// A number of GB.
const GB: Guess = Guess::Number("GB", 1e9);

/// The steps.
pub static STEPS: [Step; 7] = [
    Step {
        name: "Out of memory",
        told: &[
            "`torch.OutOfMemoryError: CUDA out of memory.",
            "You wanted to teach a language model of 8 billion parameters something new, and the graphics card said no. Before renting a larger one, let’s do the sum: it takes no more than multiplication.",
            "Each step asks for a guess first: who has guessed remembers the answer better. Nothing that you type leaves this page.",
        ],
        asks: &[Ask {
            question: Borrowed(
                "How many GB does it take to train all of Llama 3.1 8B in FP32? The card, an RTX 4090, has 24 GB.",
            ),
            guess: GB,
            answer: "total_bytes",
            shows: shows(Lab::Memory, "gpu=rtx-4090", 0),
            why: Borrowed(
                "The weights are {weights_bytes:GB}. Training keeps gradients, the optimizer’s memory and activations beside them, and takes {gpus_needed} such cards. The next steps take this bar apart.",
            ),
            changes: &[
                memory(
                    "Only run it, in BF16",
                    "task=run&precision=bf16&gpu=rtx-4090",
                    "To run it, {total_bytes:GB} are enough.",
                ),
                memory(
                    "Train small adapters (QLoRA)",
                    "task=qlora&recompute=full&gpu=rtx-4090",
                    "Four-bit weights stay as they are, small adapters learn: {total_bytes:GB}.",
                ),
            ],
            takeaway: Borrowed(
                "Do the sum before renting: training all of Llama 3.1 8B in FP32 takes {total_bytes:GB}, {total_bytes/weights_bytes} times its weights.",
            ),
            back: None,
        }],
    },
    Step {
        name: "Pick a model",
        told: &[
            "A project has four stages: say what the model is for; choose one; adapt it, by prompts, fine-tuning or feedback; and put it to work, made smaller where that is possible. Memory and compute decide what there is to choose from.",
            "Take a pre-trained model, unless your data are extremely specific. Law or medicine, full of terms that a general model has hardly seen, can be worth training from scratch; little else is. Pre-training reads a huge amount of text to lower one number, the loss: how badly the model predicts the next token, or in other designs a hidden one. That takes many GPUs for weeks, and somebody has paid for it already.",
            "Model hubs list thousands. A model card says what the sums need (parameters, number format, context length) and what no sum can tell: what the model was trained on, what it is best at, its limits and its licence.",
        ],
        asks: &[Ask {
            question: Borrowed(
                "A model has 1 billion parameters in FP32, numbers of 32 bits. How many GB are its weights?",
            ),
            guess: GB,
            answer: "weights_bytes",
            shows: shows(Lab::Memory, "task=run&params=1e9&engine=ideal&gpu=t4", 0),
            why: Borrowed("32 bits are 4 bytes, and 1 billion × 4 bytes = {weights_bytes:GB}."),
            changes: &[
                memory(
                    "In BF16, 16 bits",
                    "task=run&params=1e9&engine=ideal&gpu=t4&precision=bf16",
                    "Half the bits, half the memory: {weights_bytes:GB}.",
                ),
                memory(
                    "In INT8, 8 bits",
                    "task=run&params=1e9&engine=ideal&gpu=t4&precision=int8",
                    "A quarter: {weights_bytes:GB}.",
                ),
                memory(
                    "70 billion parameters",
                    "task=run&params=7e10&engine=ideal&gpu=h200-sxm-141gb",
                    "{weights_bytes:GB}: more than an H200 holds.",
                ),
            ],
            takeaway: Borrowed("1 billion parameters × 4 bytes = {weights_bytes:GB} of weights in FP32."),
            back: None,
        }],
    },
    Step {
        name: "Does it fit?",
        told: &[
            "A GPU computes with what is in its own memory. The files of Llama 3.1 8B in BF16 are 16 GB, and a T4, which many free notebooks have, is sold with 16 GB.",
        ],
        asks: &[
            Ask {
                question: Borrowed("Does the model run there, with a context of 8192 tokens?"),
                guess: Guess::Choice(&[("true", "yes, it fits"), ("false", "no, it does not fit")]),
                answer: "fits",
                shows: shows(Lab::Memory, "task=run&precision=bf16&gpu=t4", 0),
                why: Borrowed(
                    "A file is not all that is needed. Beside {weights_bytes:GB} of weights stand {kv_bytes:GB} of KV cache, which keeps what was read of each token, and the working memory of the program: {total_bytes:GB}.",
                ),
                changes: &[
                    memory("INT8 weights", "task=run&precision=int8-linear&gpu=t4", "{total_bytes:GB}: now it fits."),
                    memory("A larger card, L4", "task=run&precision=bf16&gpu=l4", "{total_bytes:GB} of its 24 GB."),
                ],
                takeaway: Borrowed(
                    "Running takes weights + KV cache + working memory: {total_bytes:GB} for Llama 3.1 8B in BF16 with 8192 tokens, of which {weights_bytes:GB} are the file.",
                ),
                back: None,
            },
            Ask {
                question: Borrowed(
                    "The KV cache of 8192 tokens took about 1.07 GB. How many GB does it take for 131 072 tokens, the longest context of this model?",
                ),
                guess: GB,
                answer: "kv_bytes",
                shows: shows(Lab::Memory, "task=run&precision=bf16&context=131072", 0),
                why: Borrowed(
                    "Every token adds the same: 16 times the tokens, 16 times the cache. It has overtaken the {weights_bytes:GB} of weights.",
                ),
                changes: &[
                    memory(
                        "The cache in FP8",
                        "task=run&precision=bf16&context=131072&cache=fp8",
                        "Half the bits: {kv_bytes:GB}.",
                    ),
                    memory(
                        "Eight readers at once",
                        "task=run&precision=bf16&context=131072&batch=8",
                        "{kv_bytes:GB} of cache for {weights_bytes:GB} of weights.",
                    ),
                ],
                takeaway: Borrowed(
                    "The KV cache grows with context and batch: {kv_bytes:GB} at 131 072 tokens, more than the weights.",
                ),
                back: None,
            },
        ],
    },
    Step {
        name: "Make the numbers smaller",
        told: &[
            "Numbers need fewer bits where they may be less exact. FP16 and BF16 both have 16: FP16 spends them on digits, BF16 on range, of which it has as much as FP32. BF16 was made at Google Brain, and FLAN-T5 was trained in it. INT8 has 256 whole steps and nothing else; it needs a scale factor, taken from the range of the numbers, that says what a step is worth.",
        ],
        asks: &[
            Ask {
                question: Borrowed("What does 70 000 become in FP16?"),
                guess: Guess::Choice(&[
                    ("normal", "a number near 70 000"),
                    ("saturated", "its largest number"),
                    ("overflowed", "infinity"),
                ]),
                answer: "formats.1.kind",
                shows: shows(Lab::Formats, "formats=fp32,fp16,bf16,int8&x=70000", 0),
                why: Borrowed(
                    "FP16 ends at 65 504. BF16 stores {formats.2.value:6}: it has the range, with fewer digits. INT8 stops at {formats.3.value} as long as no scale says what its steps are worth.",
                ),
                changes: &[
                    Change {
                        label: "Give INT8 a scale",
                        shows: shows(Lab::Formats, "formats=fp32,fp16,bf16,int8&x=70000&scale=600", 0),
                        said: "With steps of {scale} INT8 comes to {formats.3.value:6}, {formats.3.error_rel:%} off.",
                    },
                    Change {
                        label: "0.1 in place of 70 000",
                        shows: shows(Lab::Formats, "formats=fp32,fp16,bf16,int8&x=0.1", 0),
                        said: "FP16 is {formats.1.error_rel:%} off, BF16 {formats.2.error_rel:%}: three more bits of fraction.",
                    },
                    Change {
                        label: "A tensor with outliers, one scale",
                        shows: shows(Lab::Quantize, "outliers=4&factor=60", 0),
                        said: "INT8, and one scale for all: four columns of large numbers use up the range, and the rest keeps {sqnr_db} dB of signal over error.",
                    },
                    Change {
                        label: "The same, a scale for each column",
                        shows: shows(Lab::Quantize, "outliers=4&factor=60&scale=column", 0),
                        said: "Each column by its own range: {sqnr_db} dB, at {bits_per_weight} bits a weight.",
                    },
                ],
                takeaway: Borrowed(
                    "FP16 overflows beyond 65 504; BF16 has FP32’s range with fewer digits; INT8 needs a scale from the range of the numbers.",
                ),
                back: None,
            },
            Ask {
                question: Borrowed("Weights of 1 billion parameters go from FP32 to INT8. How many GB are they then?"),
                guess: GB,
                answer: "weights_bytes",
                shows: shows(Lab::Memory, "task=run&params=1e9&engine=ideal&gpu=t4&precision=int8", 0),
                why: Borrowed(
                    "8 bits in place of 32: {weights_bytes:GB}, a quarter. Smaller weights are read faster too, and in the same memory a larger model with fewer bits may be the better one. What it costs is precision.",
                ),
                changes: &[memory(
                    "4 bits (MXFP4)",
                    "task=run&params=1e9&engine=ideal&gpu=t4&precision=mxfp4",
                    "{weights_bytes:GB}, with a scale for every 32 weights.",
                )],
                takeaway: Borrowed(
                    "Quantized to INT8, 1 billion parameters are {weights_bytes:GB}: a quarter of FP32, for a limited loss.",
                ),
                back: None,
            },
        ],
    },
    Step {
        name: "Now train it",
        told: &[
            "To run a model, its weights are read. To train it, every weight changes, and much more is kept. In FP32: 4 bytes for the weight; 4 for its gradient, which says where to go; two averages of past gradients that the optimizer Adam keeps; and activations and temporaries, about 8 bytes in the rule of thumb.",
        ],
        asks: &[
            Ask {
                question: Borrowed("How many bytes is that for each parameter, all together?"),
                guess: Guess::Number("bytes", 1.0),
                answer: "total_bytes/params_total",
                shows: shows(Lab::Memory, "params=1e9", 0),
                why: Borrowed(
                    "{weights_bytes/params_total} for the weight + {gradients_bytes/params_total} gradient + {optimizer_bytes/params_total} Adam + {activations_bytes/params_total} activations. Without activations it is 16, so a billion parameters take 16 to {total_bytes:GB}: 4 to 6 times the weights.",
                ),
                changes: &[
                    memory(
                        "Fewer activations",
                        "params=1e9&activations=0",
                        "{total_bytes:GB}: the least, 4 times the weights.",
                    ),
                    memory(
                        "SGD in place of Adam",
                        "params=1e9&optimizer=sgd",
                        "Plain gradient descent remembers nothing: {total_bytes:GB}.",
                    ),
                ],
                takeaway: Borrowed(
                    "Training in FP32 takes about {total_bytes/params_total} bytes a parameter: weight 4, gradient 4, Adam 8, activations 8. That is 4 to 6 times the weights.",
                ),
                back: None,
            },
            Ask {
                question: Borrowed("Now you: how many GB for 7 billion parameters?"),
                guess: GB,
                answer: "total_bytes",
                shows: shows(Lab::Memory, "params=7e9", 0),
                why: Borrowed(
                    "7 × {total_bytes/params_total} = {total_bytes:GB}: far beyond consumer hardware, and {gpus_needed} of the 80 GB A100 at the least.",
                ),
                changes: &[
                    memory(
                        "BF16 mixed precision",
                        "params=7e9&precision=bf16",
                        "Still {total_bytes:GB}: a copy in FP32 stays beside the BF16 weights. What is gained is speed.",
                    ),
                    memory(
                        "and Adam in 8 bits",
                        "params=7e9&precision=bf16&optimizer=adam-8bit",
                        "{total_bytes:GB}: its averages are quantized in blocks.",
                    ),
                    memory(
                        "Recompute activations",
                        "model=llama-2-7b&precision=bf16&act=fused&context=2048&recompute=full",
                        "Llama 2 7B with 2048 tokens, activations computed again when needed: {total_bytes:GB}.",
                    ),
                    memory(
                        "Only adapters (LoRA)",
                        "model=llama-2-7b&task=lora&precision=bf16&context=2048&recompute=full",
                        "Gradients and optimizer for {params_trained:count} parameters of {params_total:count}: {total_bytes:GB}.",
                    ),
                ],
                takeaway: Borrowed(
                    "Training 7 billion parameters in FP32 takes {total_bytes:GB}, {gpus_needed} × A100 80 GB: adapters, fewer bits and recomputing do it with less.",
                ),
                back: None,
            },
        ],
    },
    Step {
        name: "How big should it be?",
        told: &[
            "Training from scratch has three knobs: parameters N, the tokens D that the model reads, and compute C ≈ 6 · N · D. With a fixed model, more data help. With fixed data, a larger model helps. With fixed compute, what one gets the other loses, and there is a best split: about 20 tokens for each parameter, found the authors of Chinchilla.",
        ],
        asks: &[
            Ask {
                question: Borrowed(
                    "GPT-3 has 175 billion parameters. How many trillion tokens should it have read by that rule?",
                ),
                guess: Guess::Number("trillion tokens", 1e12),
                answer: "tokens",
                shows: shows(Lab::Scaling, "given=params&params=1.75e11&law=chinchilla-20", 5),
                why: Borrowed(
                    "{params:count} × {tokens_per_param} = {tokens:count} tokens. GPT-3 read 300 billion: today’s models are smaller and read more, since every answer of a small model costs less.",
                ),
                changes: &[Change {
                    label: "Llama 3.1 8B, by the same rule",
                    shows: shows(Lab::Scaling, "given=params&params=8.03e9&law=chinchilla-20", 5),
                    said: "{tokens:count} tokens; it read 15 trillion.",
                }],
                takeaway: Borrowed(
                    "Chinchilla: about {tokens_per_param} tokens a parameter. GPT-3’s {params:count} parameters would want {tokens:count} tokens; it read 300 billion.",
                ),
                back: None,
            },
            Ask {
                question: Borrowed(
                    "GPT-3’s compute was 6 × 175 billion × 300 billion = 3.15 × 10²³ FLOP. How many billion parameters make the most of that?",
                ),
                guess: Guess::Number("billion parameters", 1e9),
                answer: "params",
                shows: shows(Lab::Scaling, "compute=3.15e23&law=chinchilla-20", 0),
                why: Borrowed(
                    "C = 6 · N · 20 · N, so N = √(C ÷ 120) = {params:count}, with {tokens:count} tokens: a model of a third of the size.",
                ),
                changes: &[
                    Change {
                        label: "Fixed model, more data",
                        shows: shows(Lab::Scaling, "compute=3.15e23", 1),
                        said: "More tokens help less and less: no data take this model below its own floor.",
                    },
                    Change {
                        label: "Fixed data, a larger model",
                        shows: shows(Lab::Scaling, "compute=3.15e23", 2),
                        said: "More parameters help less and less too.",
                    },
                    Change {
                        label: "Fixed compute, by a newer fit",
                        shows: shows(Lab::Scaling, "compute=3.15e23", 0),
                        said: "{params:count} parameters and {tokens:count} tokens, {tokens_per_param} each; the data allow {band_80.tokens_per_param.0} to {band_80.tokens_per_param.1}.",
                    },
                ],
                takeaway: Borrowed(
                    "For {compute_flop:count} FLOP the best split is {params:count} parameters and {tokens:count} tokens: fixed compute is a valley with one lowest point.",
                ),
                back: None,
            },
        ],
    },
    Step {
        name: "Check yourself",
        told: &["Six questions with fresh numbers. Then the cheat sheet, with yours."],
        asks: &[],
    },
];
