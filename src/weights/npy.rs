//! Arrays as NumPy's files.

use super::Error;
use super::checkpoint::{FileInfo, Order, Packing, Span, Stored};
use super::dtype::Dtype;
use super::open::Parsed;
use crate::formats::{Format, Kind, format};

/// The first bytes of a file.
pub const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// The beginning of a `.npy` file, version 1.0: magic, and a header that is padded to 64 bytes. The values follow row by row
/// as they lie in memory; there is room for so many bytes of them.
///
/// `dtype` is NumPy's name, such as `<f4` or `|u1`.
///
/// Source: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>
#[must_use]
pub fn header(dtype: &str, shape: &[usize], bytes: usize) -> Vec<u8> {
    let mut sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    if shape.len() > 1 {
        sizes.truncate(sizes.len() - 2);
    }
    let mut header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({}), }}", sizes.trim_end());
    const PREFIX: usize = 10;
    let padded = (PREFIX + header.len() + 1).next_multiple_of(64);
    header.extend(std::iter::repeat_n(' ', padded - PREFIX - header.len() - 1));
    header.push('\n');
    let mut file = Vec::with_capacity(padded + bytes);
    file.extend(b"\x93NUMPY\x01\x00");
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.bytes());
    file
}

/// The longest header that is read, in bytes. NumPy itself stops at 10 000.
const MAX_HEADER: u64 = 1 << 20;

/// What the header's dictionary says.
#[derive(Default)]
struct Header {
    descr: Option<String>,
    is_fortran: Option<bool>,
    shape: Option<Vec<u64>>,
}

/// Reads the header from the bytes of the file from its first on. The array is called what the file is, without `.npy`.
///
/// NumPy does not know the types of `ml_dtypes` and writes them as so many bytes without a meaning, `V2` for BF16: `void` says what
/// they are. `f1` is E5M2, which alone of them counts as a float.
///
/// # Errors
/// A header that breaks the format's rules, or that speaks of more bytes than the file has; values that are no numbers, or that
/// `void` is needed for.
pub fn read(info: &FileInfo, file: u32, bytes: &[u8], void: Option<&'static Format>) -> Result<Parsed<Stored>, Error> {
    let broken = |at: u64, why: String| Error::Header { file: info.name.clone(), at, why };
    let cut_off = |expected| Error::CutOff { file: info.name.clone(), len: info.len, expected };
    let more = |end: u64| if end > info.len { Err(cut_off(end)) } else { Ok(Parsed::More(0, end)) };
    let Some((start, rest)) = bytes.split_first_chunk::<8>() else { return more(10) };
    if &start[..6] != MAGIC {
        return Err(broken(0, "it does not begin with \\x93NUMPY".into()));
    }
    let (prefix, length) = match (start[6], rest) {
        (1, [a, b, ..]) => (10, u64::from(u16::from_le_bytes([*a, *b]))),
        (2 | 3, [a, b, c, d, ..]) => (12, u64::from(u32::from_le_bytes([*a, *b, *c, *d]))),
        (1..=3, _) => return more(12),
        (version, _) => return Err(broken(6, format!("it is of version {version}, and versions 1 to 3 are read"))),
    };
    if length > MAX_HEADER {
        return Err(broken(8, format!("it claims to be {length} bytes long, and {MAX_HEADER} are allowed")));
    }
    let data = prefix + length;
    let Some(text) = bytes.get(prefix as usize..data as usize) else { return more(data) };
    let mut dict = Dict { text, at: 0 };
    let header = dict.header().ok_or_else(|| {
        broken(prefix + dict.at as u64, "it is no dictionary of descr, fortran_order and shape".into())
    })?;
    let (Some(descr), Some(is_fortran), Some(shape)) = (header.descr, header.is_fortran, header.shape) else {
        return Err(broken(prefix, "it lacks one of descr, fortran_order and shape".into()));
    };
    let (dtype, is_big_endian) = dtype(info, prefix, &descr, void)?;
    let size = dtype.unit().1;
    let bytes = shape.iter().try_fold(size, |n, size| n.checked_mul(*size));
    let Some(end) = bytes.and_then(|bytes| data.checked_add(bytes)) else {
        return Err(broken(prefix, format!("the shape {shape:?} is more than can be counted")));
    };
    if end > info.len {
        return Err(cut_off(end));
    }
    // Of fewer than two dimensions both orders are the same.
    let order = if is_fortran && shape.len() > 1 { Order::Columns } else { Order::Rows };
    let name = info.name.strip_suffix(".npy").unwrap_or(&info.name).to_owned();
    let span = Span { file, start: data, end };
    Ok(Parsed::Done(Stored { name, shape, dtype, is_big_endian, span, packing: Packing::Plain, order }))
}

/// What `descr` means, and whether numbers have their most significant byte first.
fn dtype(info: &FileInfo, at: u64, descr: &str, void: Option<&'static Format>) -> Result<(Dtype, bool), Error> {
    let (is_big_endian, plain) = match descr.as_bytes().first() {
        Some(b'>') => (true, &descr[1..]),
        Some(b'<' | b'|' | b'=') => (false, &descr[1..]),
        _ => (false, descr),
    };
    let integer = |bits, is_signed| Dtype::Integer { bits, is_signed };
    let dtype = match plain {
        "f1" => format("e5m2").map(Dtype::Number),
        "f2" => Some(Dtype::FP16),
        "f4" => Some(Dtype::FP32),
        "f8" => Some(Dtype::Fp64),
        "c8" => Some(Dtype::Complex(32)),
        "c16" => Some(Dtype::Complex(64)),
        "b1" => Some(Dtype::Bool),
        "i1" => Some(integer(8, true)),
        "i2" => Some(integer(16, true)),
        "i4" => Some(integer(32, true)),
        "i8" => Some(integer(64, true)),
        "u1" => Some(integer(8, false)),
        "u2" => Some(integer(16, false)),
        "u4" => Some(integer(32, false)),
        "u8" => Some(integer(64, false)),
        "V1" | "V2" => {
            let bytes = if plain == "V1" { 1 } else { 2 };
            let fitting = void.filter(|format| {
                format.bits() == 8 * bytes && matches!(format.kind, Kind::Float(_) | Kind::Exponent(_))
            });
            let format = fitting.ok_or_else(|| Error::Void { file: info.name.clone(), bytes })?;
            Some(Dtype::Number(format))
        }
        _ => None,
    };
    let why = || match plain.as_bytes().first() {
        Some(b'O') => "its values are pickled Python objects, which are never executed",
        Some(b'S' | b'U' | b'M' | b'm') => "its values are text or dates, not numbers",
        _ => "its values are of a kind that is not read",
    };
    let dtype = dtype.ok_or_else(|| {
        let why = format!("{} (dtype {descr})", why());
        Error::Header { file: info.name.clone(), at, why }
    })?;
    Ok((dtype, is_big_endian))
}

/// The header's dictionary, as Python writes it.
struct Dict<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Dict<'a> {
    fn skip_spaces(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    /// Whether this byte comes next; if so it is passed.
    fn is_next(&mut self, byte: u8) -> bool {
        self.skip_spaces();
        let is_next = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.is_next(byte).then_some(())
    }

    /// Bytes that are as wanted, at least one.
    fn run(&mut self, is_wanted: impl Fn(&u8) -> bool) -> Option<&'a str> {
        self.skip_spaces();
        let rest = self.text.get(self.at..)?;
        let run = &rest[..rest.iter().position(|byte| !is_wanted(byte)).unwrap_or(rest.len())];
        self.at += run.len();
        str::from_utf8(run).ok().filter(|run| !run.is_empty())
    }

    fn string(&mut self) -> Option<&'a str> {
        let quote = if self.is_next(b'"') { b'"' } else { self.expect(b'\'').map(|()| b'\'')? };
        let text = self.run(|byte| *byte != quote && *byte != b'\\')?;
        self.expect(quote)?;
        Some(text)
    }

    fn shape(&mut self) -> Option<Vec<u64>> {
        self.expect(b'(')?;
        let mut shape = Vec::new();
        while !self.is_next(b')') {
            shape.push(self.run(u8::is_ascii_digit)?.parse().ok()?);
            if !self.is_next(b',') {
                // `(3)` is a number in Python, not a tuple.
                self.expect(b')').filter(|()| shape.len() > 1)?;
                break;
            }
        }
        Some(shape)
    }

    fn header(&mut self) -> Option<Header> {
        let mut header = Header::default();
        self.expect(b'{')?;
        while !self.is_next(b'}') {
            let key = self.string()?;
            self.expect(b':')?;
            match key {
                "descr" if header.descr.is_none() => {
                    self.skip_spaces();
                    // A list is the type of a structure, for which there is no name.
                    let is_list = self.text.get(self.at) == Some(&b'[');
                    header.descr = Some(if is_list { self.list()? } else { self.string()? }.to_owned());
                }
                "fortran_order" if header.is_fortran.is_none() => {
                    header.is_fortran = Some(match self.run(u8::is_ascii_alphabetic)? {
                        "True" => true,
                        "False" => false,
                        _ => return None,
                    });
                }
                "shape" if header.shape.is_none() => header.shape = Some(self.shape()?),
                _ => return None,
            }
            if !self.is_next(b',') {
                self.expect(b'}')?;
                break;
            }
        }
        self.skip_spaces();
        (self.at == self.text.len()).then_some(header)
    }

    /// A list with lists in it, as it stands there.
    fn list(&mut self) -> Option<&'a str> {
        let start = self.at;
        let mut depth = 0u32;
        loop {
            match self.text.get(self.at)? {
                b'[' => depth += 1,
                b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return str::from_utf8(&self.text[start..self.at]).ok();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::header;

    /// As `numpy.save` of NumPy 2.4.6 writes `np.arange(6, dtype="<f4").reshape(2, 3)` and `np.array([7], dtype="|u1")`.
    #[test]
    fn files_are_those_that_numpy_writes() {
        let values: Vec<u8> = (0..6).flat_map(|i| (i as f32).to_le_bytes()).collect();
        let mut file = header("<f4", &[2, 3], values.len());
        file.extend(&values);
        let words = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        assert_eq!(&file[..10], b"\x93NUMPY\x01\x00v\x00");
        assert_eq!(&file[10..10 + words.len()], words.as_bytes());
        assert!(file[10 + words.len()..127].iter().all(|byte| *byte == b' '));
        assert_eq!((file[127], file.len(), &file[128..]), (b'\n', 128 + 24, values.as_slice()));
        let file = header("|u1", &[7], 7);
        assert!(String::from_utf8_lossy(&file).contains("'shape': (7,), }"));
    }
}
