//! The texts of the kernels, each put together from the files that it needs.

/// A shader's text without comments and indentation, which are for the readers of the repository: a third of it.
macro_rules! shader {
    ($file:literal) => {{
        const TEXT: &[u8] = include_bytes!(concat!("shaders/", $file));
        const LEN: usize = strip(TEXT, &mut [0; TEXT.len()]);
        const STRIPPED: [u8; LEN] = {
            let mut long = [0; TEXT.len()];
            strip(TEXT, &mut long);
            let mut short = [0; LEN];
            short.copy_from_slice(long.split_at(LEN).0);
            short
        };
        // A shader is ASCII, and so is what is left of it.
        match std::str::from_utf8(&STRIPPED) {
            Ok(text) => text,
            Err(_) => "",
        }
    }};
}

/// Copies WGSL into `out` without comments, indentation and empty lines; gives its length.
const fn strip(text: &[u8], out: &mut [u8]) -> usize {
    let (mut i, mut n) = (0, 0);
    while i < text.len() {
        let at_line_start = n == 0 || out[n - 1] == b'\n';
        if text[i] == b'/' && i + 1 < text.len() && text[i + 1] == b'/' {
            while i < text.len() && text[i] != b'\n' {
                i += 1;
            }
        } else {
            if !(at_line_start && (text[i] == b' ' || text[i] == b'\n')) {
                out[n] = text[i];
                n += 1;
            }
            i += 1;
        }
    }
    n
}

const COMMON: &str = shader!("common.wgsl");
const SOFT: &str = shader!("soft.wgsl");
const CAST: &str = shader!("cast.wgsl");
const TENSOR: &str = shader!("tensor.wgsl");
const AMAX: &str = shader!("amax.wgsl");
const BLOCKS: &str = shader!("blocks.wgsl");
const MEASURE: &str = shader!("measure.wgsl");

/// What becomes of a value: one file a kind of format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shader {
    /// Floats as they are.
    Float,
    /// Whole numbers beside a scale.
    Integer,
    /// Powers of two.
    Exponent,
    /// Places in a list of values, beside a scale or in blocks.
    Codebook,
    /// Elements and a power of two.
    Mx,
    /// Elements and a float.
    Nvfp4,
    /// ggml's types without a search.
    Ggml,
}

impl Shader {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Float, Self::Integer, Self::Exponent, Self::Codebook, Self::Mx, Self::Nvfp4, Self::Ggml];

    /// The files of the kind.
    const fn kind(self) -> [&'static str; 3] {
        match self {
            Self::Float => [CAST, shader!("float.wgsl"), ""],
            Self::Integer => [shader!("integer.wgsl"), "", ""],
            Self::Exponent => [shader!("exponent.wgsl"), "", ""],
            Self::Codebook => [AMAX, shader!("codebook.wgsl"), ""],
            Self::Mx => [CAST, AMAX, shader!("mx.wgsl")],
            Self::Nvfp4 => [CAST, AMAX, shader!("nvfp4.wgsl")],
            Self::Ggml => [shader!("ggml.wgsl"), "", ""],
        }
    }

    /// The second pass over a tensor.
    #[must_use]
    pub fn measure(self) -> String {
        [&[COMMON, SOFT, TENSOR][..], &self.kind(), &[MEASURE]].concat().concat()
    }

    /// The pass over blocks before it, of kinds that have them.
    #[must_use]
    pub fn blocks(self) -> String {
        [&[COMMON, SOFT, TENSOR][..], &self.kind(), &[BLOCKS]].concat().concat()
    }
}

/// The first pass over a tensor.
#[must_use]
pub fn range() -> String {
    [COMMON, TENSOR, shader!("range.wgsl")].concat()
}

/// The arithmetic that the others stand on, for a kernel that checks it on a device.
#[must_use]
pub fn soft() -> String {
    [COMMON, SOFT].concat()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Bytes of the shader's `Params`.
    pub(crate) fn params_bytes(source: &str) -> usize {
        let module = naga::front::wgsl::parse_str(source).unwrap();
        let span = module.types.iter().find_map(|(_, ty)| match (&ty.name, &ty.inner) {
            (Some(name), naga::TypeInner::Struct { span, .. }) if name == "Params" => Some(*span),
            _ => None,
        });
        span.unwrap() as usize
    }

    #[test]
    fn every_shader_is_valid_wgsl() {
        let measure = Shader::ALL.map(Shader::measure);
        let blocks = [Shader::Codebook, Shader::Mx, Shader::Nvfp4, Shader::Ggml].map(Shader::blocks);
        for source in [range(), soft()].into_iter().chain(measure).chain(blocks) {
            let module = naga::front::wgsl::parse_str(&source)
                .unwrap_or_else(|error| panic!("{}", error.emit_to_string(&source)));
            naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty())
                .validate(&module)
                .unwrap_or_else(|error| panic!("{error:?} in\n{source}"));
        }
    }

    #[test]
    fn shaders_lose_their_comments_and_nothing_else() {
        let mut out = [0; 64];
        let text = b"// head\nlet a = 1u; // one\n\n    let b = a / 2u;\n";
        let n = strip(text, &mut out);
        assert_eq!(&out[..n], b"let a = 1u; \nlet b = a / 2u;\n");
        let text = Shader::Float.measure();
        assert!(text.is_ascii() && !text.contains("//"));
    }
}
