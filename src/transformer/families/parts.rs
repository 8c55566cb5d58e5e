//! What every family is built with: a reader of fields that notes the defaults it took, and a list of tensors to add to.

use crate::transformer::config::{Config, Error};
use crate::transformer::{Architecture, Component, Family, Stack, Tensors, Value};
use std::collections::BTreeSet;

/// The fields of one config, read as its class in transformers does: a field that is left out has the default of the class.
pub(super) struct Reader<'a> {
    config: &'a Config,
    /// Fields and the other names that the class knows them by (`attribute_map`); another name wins, as it does there.
    aliases: &'static [(&'static str, &'static str)],
    defaults_used: Vec<(&'static str, String)>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(config: &'a Config) -> Self {
        Self::with_aliases(config, &[])
    }

    pub(super) fn with_aliases(config: &'a Config, aliases: &'static [(&'static str, &'static str)]) -> Self {
        Self { config, aliases, defaults_used: Vec::new() }
    }

    /// The name under which the config has a field.
    fn name(&self, field: &'static str) -> &'static str {
        let others = self.aliases.iter().filter(|(of, _)| *of == field).map(|(_, other)| *other);
        others.into_iter().find(|other| self.config.get(other).is_some()).unwrap_or(field)
    }

    fn or_default<T: ToString>(&mut self, field: &'static str, value: Option<T>, default: T) -> T {
        value.unwrap_or_else(|| {
            // A field may be read twice, and is one default.
            if self.defaults_used.iter().all(|(name, _)| *name != field) {
                self.defaults_used.push((field, default.to_string()));
            }
            default
        })
    }

    /// A count of at least one.
    pub(super) fn count(&mut self, field: &'static str, default: u64) -> Result<u64, Error> {
        let value = self.config.count(self.name(field))?;
        Ok(self.or_default(field, value, default))
    }

    /// A count that may be zero.
    pub(super) fn amount(&mut self, field: &'static str, default: u64) -> Result<u64, Error> {
        let value = self.config.amount(self.name(field))?;
        Ok(self.or_default(field, value, default))
    }

    /// A count of layers.
    pub(super) fn layers(&mut self, field: &'static str, default: u64) -> Result<u64, Error> {
        let value = self.config.layers(self.name(field))?;
        Ok(self.or_default(field, value, default))
    }

    /// A count for which `null` is as good as a number, and means that there is none.
    pub(super) fn optional(&mut self, field: &'static str, default: Option<u64>) -> Result<Option<u64>, Error> {
        let name = self.name(field);
        if self.config.get(name) == Some(&Value::Null) {
            return Ok(None);
        }
        let value = self.config.count(name)?;
        Ok(match (value, default) {
            (None, Some(default)) => Some(self.or_default(field, None, default)),
            (value, _) => value,
        })
    }

    /// A count that may be zero, or `null` where there is nothing to count.
    pub(super) fn optional_amount(&mut self, field: &'static str, default: u64) -> Result<Option<u64>, Error> {
        if self.config.get(field) == Some(&Value::Null) { Ok(None) } else { self.amount(field, default).map(Some) }
    }

    /// A switch.
    pub(super) fn flag(&mut self, field: &'static str, default: bool) -> Result<bool, Error> {
        let value = self.config.flag(self.name(field))?;
        Ok(self.or_default(field, value, default))
    }

    /// A word.
    pub(super) fn text(&mut self, field: &'static str, default: &str) -> Result<String, Error> {
        let value = self.config.text(self.name(field))?.map(str::to_owned);
        Ok(self.or_default(field, value, default.to_owned()))
    }

    /// Places of layers, counted from 0.
    pub(super) fn places(&self, field: &'static str) -> Result<BTreeSet<u64>, Error> {
        let numbers = self.config.numbers(field)?.unwrap_or_default();
        Ok(numbers.iter().filter(|place| place.fract() == 0.0 && **place >= 0.0).map(|place| *place as u64).collect())
    }

    /// Fails if a switch that changes the model in a way that is not counted here is on.
    pub(super) fn refuse(&self, field: &'static str, why: &str) -> Result<(), Error> {
        match self.config.flag(field)? {
            Some(true) => Err(Error::Bad { field, found: "true".to_owned(), wanted: format!("false ({why})") }),
            _ => Ok(()),
        }
    }

    /// The name of a field and its value for a sentence about a contradiction, which says if it is a default.
    pub(super) fn say(&self, field: &'static str, value: u64) -> String {
        let name = self.name(field);
        let is_default = self.defaults_used.iter().any(|(of, _)| *of == field);
        format!("`{name}` is {value}{}", if is_default { " (the class default)" } else { "" })
    }

    /// A count of layers for which `null` means the default too.
    pub(super) fn optional_layers(&mut self, field: &'static str, default: u64) -> Result<u64, Error> {
        if self.config.get(field) == Some(&Value::Null) { Ok(default) } else { self.layers(field, default) }
    }

    /// Heads of keys and values, each of which serves as many heads of queries.
    pub(super) fn kv_heads(&mut self, default: Option<u64>, heads: u64) -> Result<u64, Error> {
        self.shared_heads("num_key_value_heads", default, heads)
    }

    /// Such heads under another name. `null` means one for each head of queries.
    pub(super) fn shared_heads(&mut self, field: &'static str, default: Option<u64>, heads: u64) -> Result<u64, Error> {
        let shared = self.optional(field, default)?.unwrap_or(heads);
        if !heads.is_multiple_of(shared) {
            let (heads, shared) = (self.say("num_attention_heads", heads), self.say(field, shared));
            return Err(Error::Contradiction(format!(
                "{heads} and {shared}: each key and value serves as many heads, so the first must be a multiple of the second"
            )));
        }
        Ok(shared)
    }

    /// `head_dim`, or the model's width divided by its heads.
    pub(super) fn head_dim(&mut self, default: Option<u64>, hidden: u64, heads: u64) -> Result<u64, Error> {
        match self.optional("head_dim", default)? {
            Some(dim) => Ok(dim),
            None => self.width_per_head("hidden_size", hidden, "num_attention_heads", heads),
        }
    }

    /// The model's width divided by its heads, which has to be whole.
    pub(super) fn width_per_head(
        &self,
        hidden_field: &'static str,
        hidden: u64,
        heads_field: &'static str,
        heads: u64,
    ) -> Result<u64, Error> {
        if hidden.is_multiple_of(heads) {
            return Ok(hidden / heads);
        }
        let (hidden, heads) = (self.say(hidden_field, hidden), self.say(heads_field, heads));
        Err(Error::Contradiction(format!(
            "{hidden} and {heads}: the width is shared out among the heads, so the first must be a multiple of the second"
        )))
    }

    /// How many experts a token is sent to, out of those that there are.
    pub(super) fn experts_per_token(&self, chosen: u64, of: &'static str, experts: u64) -> Result<u64, Error> {
        if chosen <= experts {
            return Ok(chosen);
        }
        let (chosen, experts) = (self.say("num_experts_per_tok", chosen), self.say(of, experts));
        Err(Error::Contradiction(format!(
            "{chosen} and {experts}: a token cannot be sent to more experts than there are"
        )))
    }

    /// Which layers have a sliding window: `layer_types`, or what the class makes of the layer's place, counted from 0.
    pub(super) fn windowed(&self, layers: u64, default: impl Fn(u64) -> bool) -> Result<Vec<bool>, Error> {
        let Some(types) = self.config.texts("layer_types")? else { return Ok((0..layers).map(default).collect()) };
        if types.len() as u64 != layers {
            let layers = self.say("num_hidden_layers", layers);
            return Err(Error::Contradiction(format!(
                "{layers} and `layer_types` has {} entries: there must be one for each layer",
                types.len()
            )));
        }
        types
            .iter()
            .map(|kind| match kind.as_str() {
                "sliding_attention" => Ok(true),
                "full_attention" => Ok(false),
                other => Err(Error::Bad {
                    field: "layer_types",
                    found: format!("a list with \"{}\"", crate::transformer::config::shorten(other)),
                    wanted: "full_attention or sliding_attention in each place".to_owned(),
                }),
            })
            .collect()
    }
}

/// Where tensors are, and how many of each there are.
#[derive(Clone, Copy)]
pub(super) struct Place {
    stack: Option<usize>,
    copies: u64,
    active: u64,
}

impl Place {
    /// Outside of the layers.
    pub(super) const OUTSIDE: Self = Self { stack: None, copies: 1, active: 1 };

    /// In each of so many layers of a stack.
    pub(super) const fn layers(stack: usize, layers: u64) -> Self {
        Self { stack: Some(stack), copies: layers, active: layers }
    }

    /// In each of the experts of each layer, of which a token is sent to a few.
    pub(super) const fn experts(self, experts: u64, chosen: u64) -> Self {
        Self { copies: self.copies * experts, active: self.copies * chosen, ..self }
    }
}

/// The tensors and stacks of one model, as they are put together.
#[derive(Default)]
pub(super) struct Parts {
    stacks: Vec<Stack>,
    tensors: Vec<Tensors>,
}

impl Parts {
    /// Adds a stack, and says where its layers are.
    pub(super) fn stack(&mut self, stack: Stack) -> Place {
        self.stacks.push(stack);
        Place::layers(self.stacks.len() - 1, stack.layers)
    }

    pub(super) fn matrix(&mut self, at: Place, component: Component, name: &'static str, rows: u64, cols: u64) {
        let Place { stack, copies, active } = at;
        // No shared experts are a matrix of no rows, which is no tensor.
        if rows > 0 && cols > 0 && copies > 0 {
            self.tensors.push(Tensors { component, name, rows, cols, stack, copies, active });
        }
    }

    pub(super) fn vector(&mut self, at: Place, component: Component, name: &'static str, length: u64) {
        self.matrix(at, component, name, length, 1);
    }

    /// A linear layer: a matrix and, if it has one, the bias, under the same name.
    pub(super) fn linear(
        &mut self,
        at: Place,
        component: Component,
        name: &'static str,
        (outputs, inputs): (u64, u64),
        bias: bool,
    ) {
        self.matrix(at, component, name, outputs, inputs);
        if bias {
            self.vector(at, component, name, outputs);
        }
    }

    /// A norm that only scales (RMSNorm).
    pub(super) fn rms_norm(&mut self, at: Place, name: &'static str, width: u64) {
        self.vector(at, Component::Norm, name, width);
    }

    /// A norm that scales and shifts (LayerNorm): two vectors.
    pub(super) fn layer_norm(&mut self, at: Place, name: &'static str, width: u64) {
        self.vector(at, Component::Norm, name, width);
        self.vector(at, Component::Norm, name, width);
    }

    /// The model, when everything is in it.
    pub(super) fn finish(self, family: &'static Family, reader: Reader<'_>, whole: Whole) -> Architecture {
        let Whole { hidden, vocab, context, tied } = whole;
        let defaults_used = reader.defaults_used;
        Architecture { family, hidden, vocab, context, tied, stacks: self.stacks, tensors: self.tensors, defaults_used }
    }
}

/// What is of the model as a whole.
pub(super) struct Whole {
    pub(super) hidden: u64,
    pub(super) vocab: u64,
    pub(super) context: Option<u64>,
    pub(super) tied: bool,
}
