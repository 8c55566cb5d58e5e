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
const MEASURE: &str = shader!("measure.wgsl");
const BLOCKS: &str = shader!("blocks.wgsl");

/// The first pass over a tensor.
#[must_use]
pub fn range() -> String {
    [COMMON, TENSOR, shader!("range.wgsl")].concat()
}

/// The second pass for float formats.
#[must_use]
pub fn float() -> String {
    [COMMON, SOFT, CAST, TENSOR, shader!("float.wgsl"), MEASURE].concat()
}

/// The second pass for integer formats.
#[must_use]
pub fn integer() -> String {
    [COMMON, SOFT, TENSOR, shader!("integer.wgsl"), MEASURE].concat()
}

/// The second pass for formats that are an exponent.
#[must_use]
pub fn exponent() -> String {
    [COMMON, SOFT, TENSOR, shader!("exponent.wgsl"), MEASURE].concat()
}

/// Codes of codebooks, by themselves and in blocks.
#[must_use]
pub fn codebook() -> String {
    [COMMON, SOFT, BLOCKS, shader!("codebook.wgsl")].concat()
}

/// MX blocks.
#[must_use]
pub fn mx() -> String {
    [COMMON, SOFT, CAST, BLOCKS, shader!("mx.wgsl")].concat()
}

/// NVFP4 blocks.
#[must_use]
pub fn nvfp4() -> String {
    [COMMON, SOFT, CAST, BLOCKS, shader!("nvfp4.wgsl")].concat()
}

/// ggml's blocks without a search.
#[must_use]
pub fn ggml() -> String {
    [COMMON, SOFT, BLOCKS, shader!("ggml.wgsl")].concat()
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
        let all = [range(), float(), integer(), exponent(), codebook(), mx(), nvfp4(), ggml(), soft()];
        for source in all {
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
        assert!(float().is_ascii() && !float().contains("//"));
    }
}
