//! Arrays as NumPy's files.

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
