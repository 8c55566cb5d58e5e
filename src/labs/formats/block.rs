//! A block of numbers that share a scale: its bytes, and which of them make which number.

use crate::formats::anatomy::figure;
use crate::formats::block::{self, Owner, Packed};
use crate::labs::Html;
use crate::scenario::FormatsScenario;
use crate::scenario::formats::{is_only_read, read_bytes};
use crate::scenario::quantize::read_values;
use crate::units::significant;

/// A block as it is shown.
pub struct BlockView {
    /// Its size and its scales, in one line.
    pub size: String,
    /// Its bytes.
    pub bytes: String,
    /// Its numbers.
    pub rows: String,
}

/// Packs or reads the block.
///
/// # Errors
/// A sentence that says what is wrong with what was typed.
pub fn block(asked: &FormatsScenario) -> Result<BlockView, String> {
    let mut unused = String::new();
    let (given, packed) = if is_only_read(asked.block) {
        let bytes = read_bytes(&asked.values, asked.block)?;
        (Vec::new(), block::decode(asked.block, &bytes))
    } else {
        let values = read_values(&asked.values)?;
        let packed = block::encode(asked.block, asked.mx_rule, &values);
        if values.len() > asked.block.block_size() {
            unused = format!(" · the first {} of {} numbers", asked.block.block_size(), values.len());
        }
        (values.into_iter().cycle().take(asked.block.block_size()).collect(), packed)
    };
    let packed = packed.map_err(|error| error.to_string())?;
    Ok(BlockView { size: size(asked, &packed) + &unused, bytes: bytes(&packed), rows: rows(&given, &packed) })
}

/// The block in one line.
fn size(asked: &FormatsScenario, packed: &Packed) -> String {
    let scales: String =
        packed.scales.iter().map(|(name, value)| format!(" · {name} = {}", figure((*value).into()))).collect();
    // Of scales that many blocks share, a block has its part only.
    let bits = asked.block.bits_per_weight();
    let (bytes, numbers) = (packed.bytes.len(), packed.values.len());
    format!("{bytes} bytes for {numbers} numbers: {} bits each{scales}", significant(bits, 4))
}

/// The bytes; each says whose it is, so that those of a number can be marked.
fn bytes(packed: &Packed) -> String {
    let mut html = Html::default();
    html.open("p", &[("class", "bytes"), ("aria-label", "Bytes of the block in hexadecimal")]);
    for (byte, owners) in packed.bytes.iter().zip(packed.owners.chunks(8)) {
        let mut of: Vec<String> = Vec::new();
        for owner in owners {
            if let Owner::Value(number) = owner
                && of.last() != Some(&number.to_string())
            {
                of.push(number.to_string());
            }
        }
        let class = if owners.contains(&Owner::Shared) { "byte byte--scale" } else { "byte" };
        html.element("span", &[("class", class), ("data-of", &of.join(" "))], &format!("{byte:02X}"));
    }
    html.close("p").finish()
}

/// The numbers, each with its own bits.
fn rows(given: &[f32], packed: &Packed) -> String {
    let mut html = Html::default();
    html.open(
        "div",
        &[
            ("class", "table-scroll table-scroll--short"),
            ("tabindex", "0"),
            ("role", "region"),
            ("aria-label", "Numbers of the block"),
        ],
    );
    html.open("table", &[("id", "formats-block-table")]);
    html.head(["Number", "Given", "Stored", "Error", "Bits of its own", "In byte"].into_iter()).open("tbody", &[]);
    for (i, &value) in packed.values.iter().enumerate() {
        let own = own_bits(packed, i as u16);
        let bits: String = own.iter().flat_map(|(byte, mask)| bits_of(packed.bytes[*byte], *mask)).collect();
        let places: Vec<String> = own.iter().map(|(byte, _)| byte.to_string()).collect();
        let of_given = |show: &dyn Fn(f32) -> String| given.get(i).map_or_else(|| "–".to_owned(), |&x| show(x));
        html.open("tr", &[("tabindex", "0"), ("data-do", &i.to_string())]);
        html.element("th", &[("scope", "row")], &i.to_string());
        html.element("td", &[], &of_given(&|x| figure(x.into())));
        html.element("td", &[], &figure(value.into()));
        html.element("td", &[], &of_given(&|x| figure(f64::from(value) - f64::from(x))));
        html.element("td", &[("class", "formula")], &bits);
        html.element("td", &[], &places.join(", ")).close("tr");
    }
    html.close("tbody").close("table").close("div").finish()
}

/// The bytes that hold bits of a value, with those bits.
fn own_bits(packed: &Packed, value: u16) -> Vec<(usize, u8)> {
    let mut own: Vec<(usize, u8)> = Vec::new();
    for (bit, owner) in packed.owners.iter().enumerate() {
        if *owner != Owner::Value(value) {
            continue;
        }
        let mask = 1 << (bit % 8);
        match own.last_mut() {
            Some((byte, bits)) if *byte == bit / 8 => *bits |= mask,
            _ => own.push((bit / 8, mask)),
        }
    }
    own
}

/// The bits of a byte under a mask, the highest first.
fn bits_of(byte: u8, mask: u8) -> impl Iterator<Item = char> {
    (0..8).rev().filter(move |bit| mask >> bit & 1 == 1).map(move |bit| if byte >> bit & 1 == 1 { '1' } else { '0' })
}
