//! The fields of a `config.json`, how they are read and written, and what can be wrong with them.

use std::collections::BTreeMap;

/// The largest number that a field may hold: 10⁹, a thousand times the widest model yet. Beyond it a number is a typing error.
pub const MAX_FIELD: u64 = 1_000_000_000;

/// The most layers: a config with more is a typing error.
pub const MAX_LAYERS: u64 = 100_000;

/// The largest text that is read as a config. Real ones have a few thousand bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// Every field that something depends on, in alphabetical order. A config has some thirty more (token ids, dropout, rotary
/// scaling), which would only make links longer, so they are not kept.
///
/// Adding one: its name, here; then read it in a family through `families`. A test holds that no family
/// reads a field that does not stand here.
pub const FIELDS: &[&str] = &[
    "_remove_final_layer_norm",
    "add_cross_attention",
    "alibi",
    "attention_bias",
    "bias",
    "d_ff",
    "d_kv",
    "d_model",
    "decoder_sparse_step",
    "do_layer_norm_before",
    "dtype",
    "enable_bias",
    "feed_forward_proj",
    "ffn_dim",
    "ffn_hidden_size",
    "first_k_dense_replace",
    "head_dim",
    "hidden_size",
    "intermediate_size",
    "kv_lora_rank",
    "layer_norm_elementwise_affine",
    "layer_types",
    "max_position_embeddings",
    "max_window_layers",
    "mlp_bias",
    "mlp_only_layers",
    "moe_intermediate_size",
    "multi_query",
    "n_embd",
    "n_embed",
    "n_head",
    "n_inner",
    "n_layer",
    "n_positions",
    "n_routed_experts",
    "n_shared_experts",
    "new_decoder_architecture",
    "num_attention_heads",
    "num_decoder_layers",
    "num_experts",
    "num_experts_per_tok",
    "num_heads",
    "num_hidden_layers",
    "num_key_value_heads",
    "num_kv_heads",
    "num_layers",
    "num_ln_in_parallel_attn",
    "num_local_experts",
    "parallel_attn",
    "position_embedding_type",
    "q_lora_rank",
    "qk_layernorm",
    "qk_nope_head_dim",
    "qk_rope_head_dim",
    "relative_attention_num_buckets",
    "sliding_window",
    "sliding_window_pattern",
    TEXT_PART_OF,
    "tie_word_embeddings",
    "torch_dtype",
    "type_vocab_size",
    "use_bidirectional_attention",
    "use_sliding_window",
    "v_head_dim",
    "vocab_size",
    "word_embed_proj_dim",
];

/// No field of transformers: what [`Config::from_json`] notes when it reads the `text_config` of a larger model.
const TEXT_PART_OF: &str = "text_part_of";

/// A config: its `model_type` and those of its [`FIELDS`] that it has, under the names that transformers gives them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Which family it is of.
    pub model_type: String,
    fields: BTreeMap<&'static str, Value>,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, which is not the same as a field that is left out.
    Null,
    /// A switch.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A word.
    Text(String),
    /// Words, as in `layer_types`.
    Texts(Vec<String>),
    /// Numbers, as in `mlp_only_layers`.
    Numbers(Vec<f64>),
    /// An object or a list of other things, which no family can use. It is kept so that a field that holds one is named
    /// as wrong; left out, it would get the default of the class in silence.
    Other,
}

/// Why there is no architecture.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no JSON object.
    #[error("this is not a config.json: {0}")]
    NotJson(String),
    /// The text is longer than [`MAX_BYTES`].
    #[error("{0} bytes is more than a config.json has; 1 MiB is read")]
    TooLong(usize),
    /// There is no `model_type`.
    #[error("the config has no `model_type`, which says how the model is built")]
    NoModelType,
    /// A `model_type` that no family has.
    #[error("`{model_type}` is not a model_type that is known here; the nearest is `{nearest}`")]
    UnknownModelType {
        /// What the config says.
        model_type: String,
        /// The nearest one that there is.
        nearest: &'static str,
    },
    /// A field without which nothing can be counted, and for which the class has no default.
    #[error("the config has no `{0}`, and the class has no default for it")]
    Missing(&'static str),
    /// A field of the wrong kind or out of range.
    #[error("`{field}` is {found}: {wanted} is wanted")]
    Bad {
        /// Its name.
        field: &'static str,
        /// What it holds, as text.
        found: String,
        /// What it should hold.
        wanted: String,
    },
    /// Fields that contradict each other.
    #[error("{0}")]
    Contradiction(String),
}

impl Config {
    /// A config without fields, which means the class defaults for all of them.
    #[must_use]
    pub fn new(model_type: &str) -> Self {
        Self { model_type: model_type.to_owned(), fields: BTreeMap::new() }
    }

    /// Reads the text of a `config.json`.
    ///
    /// Of a model that reads more than text (Gemma 3, LLaVA) it is the `text_config` that is read, if the model itself is of
    /// no known family and that part is; [`text_part_of`](Self::text_part_of) then says so.
    ///
    /// # Errors
    /// When the text is too long, is no JSON object or has no `model_type`. What its fields hold is judged when they are read.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        use serde_json::Value as Json;
        if text.len() > MAX_BYTES {
            return Err(Error::TooLong(text.len()));
        }
        let json: Json = serde_json::from_str(text).map_err(|error| Error::NotJson(error.to_string()))?;
        let Json::Object(whole) = json else {
            return Err(Error::NotJson("it is not an object `{ … }`".to_owned()));
        };
        let model_type = |object: &serde_json::Map<String, Json>| match object.get("model_type") {
            None => Err(Error::NoModelType),
            Some(Json::String(text)) => Ok(text.clone()),
            Some(other) => Err(Error::Bad {
                field: "model_type",
                found: Value::from_json(other).describe(),
                wanted: "a word".to_owned(),
            }),
        };
        let own = model_type(&whole)?;
        if super::family(&own).is_none()
            && let Some(Json::Object(part)) = whole.get("text_config")
            && let Ok(of_part) = model_type(part)
            && super::family(&of_part).is_some()
        {
            let mut config = Self::of_object(of_part, part);
            config.fields.insert(TEXT_PART_OF, Value::Text(own));
            return Ok(config);
        }
        Ok(Self::of_object(own, &whole))
    }

    fn of_object(model_type: String, object: &serde_json::Map<String, serde_json::Value>) -> Self {
        let kept = FIELDS.iter().filter_map(|name| Some((*name, Value::from_json(object.get(*name)?))));
        Self { model_type, fields: kept.collect() }
    }

    /// Sets a field, or `model_type`, from the text that a link has for it; says whether anything depends on a field of
    /// this name, and does nothing if not.
    pub fn set(&mut self, name: &str, text: &str) -> bool {
        if name == "model_type" {
            text.clone_into(&mut self.model_type);
            return true;
        }
        let Some(known) = FIELDS.iter().find(|known| **known == name) else { return false };
        self.fields.insert(known, Value::from_text(text));
        true
    }

    /// The fields as a link has them, `model_type` first: what [`set`](Self::set) reads back to an equal config.
    pub fn fields(&self) -> impl Iterator<Item = (&str, String)> {
        let model_type = Some(("model_type", self.model_type.clone())).filter(|_| !self.model_type.is_empty());
        model_type.into_iter().chain(self.fields.iter().map(|(name, value)| (*name, value.to_text())))
    }

    /// What a field holds; `None` where it is left out.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field)
    }

    /// The `model_type` of the model that this is the text part of.
    #[must_use]
    pub fn text_part_of(&self) -> Option<&str> {
        self.word(TEXT_PART_OF)
    }

    /// The type that the weights were published in, such as `bfloat16`, where the config says.
    #[must_use]
    pub fn dtype(&self) -> Option<&str> {
        self.word("torch_dtype").or_else(|| self.word("dtype"))
    }

    fn word(&self, field: &str) -> Option<&str> {
        match self.get(field) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A whole number from 0 to [`MAX_FIELD`]; `None` where the field is left out.
    ///
    /// # Errors
    /// When it holds anything else, `null` included.
    pub fn amount(&self, field: &'static str) -> Result<Option<u64>, Error> {
        self.whole(field, 0, MAX_FIELD)
    }

    /// A whole number from 1 to [`MAX_FIELD`]; `None` where the field is left out.
    ///
    /// # Errors
    /// When it holds anything else, `null` included.
    pub fn count(&self, field: &'static str) -> Result<Option<u64>, Error> {
        self.whole(field, 1, MAX_FIELD)
    }

    /// A whole number from 1 to [`MAX_LAYERS`]; `None` where the field is left out.
    ///
    /// # Errors
    /// When it holds anything else, `null` included.
    pub fn layers(&self, field: &'static str) -> Result<Option<u64>, Error> {
        self.whole(field, 1, MAX_LAYERS)
    }

    fn whole(&self, field: &'static str, least: u64, most: u64) -> Result<Option<u64>, Error> {
        match self.get(field) {
            None => Ok(None),
            // Exact: the bounds are far below 2⁵³.
            Some(Value::Number(number)) if number.fract() == 0.0 && (least as f64..=most as f64).contains(number) => {
                Ok(Some(*number as u64))
            }
            Some(other) => Err(other.unlike(field, &format!("a whole number from {least} to {most}"))),
        }
    }

    /// A switch; `None` where the field is left out.
    ///
    /// # Errors
    /// When it holds anything else.
    pub fn flag(&self, field: &'static str) -> Result<Option<bool>, Error> {
        match self.get(field) {
            None => Ok(None),
            Some(Value::Flag(flag)) => Ok(Some(*flag)),
            Some(other) => Err(other.unlike(field, "true or false")),
        }
    }

    /// A word; `None` where the field is left out.
    ///
    /// # Errors
    /// When it holds anything else.
    pub fn text(&self, field: &'static str) -> Result<Option<&str>, Error> {
        match self.get(field) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(other) => Err(other.unlike(field, "a word")),
        }
    }

    /// A list of words; `None` where the field is left out or `null`.
    ///
    /// # Errors
    /// When it holds anything else.
    pub fn texts(&self, field: &'static str) -> Result<Option<&[String]>, Error> {
        match self.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Texts(texts)) => Ok(Some(texts)),
            // JSON's empty list is of no kind.
            Some(Value::Numbers(numbers)) if numbers.is_empty() => Ok(Some(&[])),
            Some(other) => Err(other.unlike(field, "a list of words")),
        }
    }

    /// A list of numbers; `None` where the field is left out or `null`.
    ///
    /// # Errors
    /// When it holds anything else.
    pub fn numbers(&self, field: &'static str) -> Result<Option<&[f64]>, Error> {
        match self.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Numbers(numbers)) => Ok(Some(numbers)),
            Some(other) => Err(other.unlike(field, "a list of numbers")),
        }
    }
}

impl Value {
    fn from_json(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(flag) => Self::Flag(*flag),
            Json::Number(number) => number.as_f64().map_or(Self::Other, Self::Number),
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => {
                let numbers: Option<Vec<f64>> = items.iter().map(Json::as_f64).collect();
                let texts = || items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
                numbers.map(Self::Numbers).or_else(|| texts().map(Self::Texts)).unwrap_or(Self::Other)
            }
            Json::Object(_) => Self::Other,
        }
    }

    /// Reads `32`, `true`, `null`, `gelu`, `a,b`; and what these cannot say (the word `32`, a list of one) as JSON.
    fn from_text(text: &str) -> Self {
        match text {
            "null" => return Self::Null,
            "true" => return Self::Flag(true),
            "false" => return Self::Flag(false),
            _ => {}
        }
        if text.starts_with(['[', '"', '{']) {
            return serde_json::from_str(text)
                .map_or_else(|_| Self::Text(text.to_owned()), |json| Self::from_json(&json));
        }
        if let Some(number) = decimal(text) {
            return Self::Number(number);
        }
        if !text.contains(',') {
            return Self::Text(text.to_owned());
        }
        let numbers: Option<Vec<f64>> = text.split(',').map(decimal).collect();
        numbers.map_or_else(|| Self::Texts(text.split(',').map(str::to_owned).collect()), Self::Numbers)
    }

    fn to_text(&self) -> String {
        let plain = match self {
            Self::Null => "null".to_owned(),
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => return number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Texts(texts) => texts.join(","),
            Self::Numbers(numbers) => numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(","),
            Self::Other => "{}".to_owned(),
        };
        if Self::from_text(&plain) == *self { plain } else { self.to_json() }
    }

    fn to_json(&self) -> String {
        let quoted = |text: &String| serde_json::Value::from(text.as_str()).to_string();
        match self {
            Self::Text(text) => quoted(text),
            Self::Texts(texts) => format!("[{}]", texts.iter().map(quoted).collect::<Vec<_>>().join(",")),
            Self::Numbers(numbers) => format!("[{}]", numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(",")),
            other => other.to_text(),
        }
    }

    /// What it holds, for a sentence.
    fn describe(&self) -> String {
        match self {
            Self::Null | Self::Flag(_) | Self::Number(_) => self.to_text(),
            Self::Text(text) => format!("the text \"{}\"", shorten(text)),
            Self::Texts(_) => "a list of words".to_owned(),
            Self::Numbers(numbers) if numbers.is_empty() => "an empty list".to_owned(),
            Self::Numbers(_) => "a list of numbers".to_owned(),
            Self::Other => "an object or a mixed list".to_owned(),
        }
    }

    fn unlike(&self, field: &'static str, wanted: &str) -> Error {
        Error::Bad { field, found: self.describe(), wanted: wanted.to_owned() }
    }
}

/// The beginning of a text, for a sentence.
pub(super) fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}

/// Reads `-12.5e-3`. Not `str::parse`, which takes `inf` and `nan` for numbers and is ten kilobytes of the page.
fn decimal(text: &str) -> Option<f64> {
    let digits_only = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (unsigned, sign) = text.strip_prefix('-').map_or((text, 1.0), |rest| (rest, -1.0));
    let (digits, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: i32 = exponent.parse().ok()?;
    if whole.len() + fraction.len() == 0 || !digits_only(whole) || !digits_only(fraction) {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let value: f64 = minimal_lexical::parse_float(whole.as_bytes().iter(), fraction.as_bytes().iter(), exponent);
    value.is_finite().then_some(sign * value)
}
