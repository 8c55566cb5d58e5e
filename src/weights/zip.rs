//! Zips of NumPy arrays (`.npz`): which members there are, and where their bytes lie.
//!
//! A zip is read from its end: there stands where the list of members is, and the list says where each member's own header is,
//! behind which its bytes follow. The long form (ZIP64) is read as well. Nothing is taken from names but names.
//!
//! Source: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>, sections 4.3 and 4.5.3.

use super::checkpoint::{Container, FileInfo, Packing, Span, Stored};
use super::inflate::Inflate;
use super::open::{Contents, Parsed};
use super::{Error, npy};
use crate::formats::Format;

/// A zip ends with this, and a comment of at most 65 535 bytes.
const END: usize = 22;
/// Before it stands this, if the zip is of the long form.
const LOCATOR: usize = 20;
const END_64: u64 = 56;
/// A member's own header, without its name and what is added.
const LOCAL: usize = 30;
/// The longest list of members that is read, in bytes.
const MAX_DIRECTORY: u64 = 1 << 26;
/// Bytes of a member that are looked at first.
const FIRST_LOOK: u64 = 1 << 12;
/// The header of an array is at most so long, and so are the bytes that it is deflated to.
const MAX_LOOK: u64 = 1 << 21;

/// Ways to pack a member.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// A zip that is being read.
#[derive(Debug, Default)]
pub struct Archive {
    stage: Stage,
    members: Vec<Member>,
    tensors: Vec<Stored>,
    notes: Vec<String>,
}

/// What the bytes at hand are.
#[derive(Clone, Copy, Debug, Default)]
enum Stage {
    /// The file's first bytes.
    #[default]
    Start,
    /// Its last.
    End,
    /// The long form of the end.
    End64,
    /// The list of members, of so many.
    Directory(u64),
    /// The beginning of a member.
    Member(usize),
}

#[derive(Debug)]
struct Member {
    name: String,
    method: u16,
    is_encrypted: bool,
    packed: u64,
    plain: u64,
    at: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?).into())
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

impl Archive {
    /// Takes bytes of the file from `start` on. `void` is what arrays of a type that NumPy does not know are.
    ///
    /// # Errors
    /// A zip that is broken, cut off, encrypted or of other things than arrays.
    pub fn next(
        &mut self,
        info: &FileInfo,
        file: u32,
        start: u64,
        bytes: &[u8],
        void: Option<&'static Format>,
    ) -> Result<Parsed<Contents>, Error> {
        let broken = |at: u64, why: &str| Error::Header { file: info.name.clone(), at, why: why.into() };
        match self.stage {
            Stage::Start => {
                self.stage = Stage::End;
                let most = (END + LOCATOR) as u64 + u64::from(u16::MAX);
                Ok(Parsed::More(info.len.saturating_sub(most), info.len))
            }
            Stage::End => {
                // A zip of any kind has this end; without it the file was cut off, since its first bytes are those of a zip.
                let is_end = |at: &usize| {
                    bytes[*at..].starts_with(b"PK\x05\x06")
                        && u16_at(bytes, at + 20).is_some_and(|comment| at + END + usize::from(comment) == bytes.len())
                };
                let Some(at) = (0..(bytes.len() + 1).saturating_sub(END)).rev().find(is_end) else {
                    return Err(Error::CutOff {
                        file: info.name.clone(),
                        len: info.len,
                        expected: info.len + END as u64,
                    });
                };
                let long = at.checked_sub(LOCATOR).filter(|at| bytes[*at..].starts_with(b"PK\x06\x07"));
                if let Some(end) = long.and_then(|at| u64_at(bytes, at + 8)) {
                    let last = end.checked_add(END_64).filter(|last| *last <= info.len);
                    let last = last.ok_or_else(|| broken(start + at as u64, "its long end lies beyond the file"))?;
                    self.stage = Stage::End64;
                    return Ok(Parsed::More(end, last));
                }
                let fields = (u16_at(bytes, at + 10), u32_at(bytes, at + 12), u32_at(bytes, at + 16));
                let (Some(n), Some(size), Some(from)) = fields else {
                    return Err(broken(start, "its end is too short"));
                };
                self.directory(info, n.into(), size, from, start + at as u64)
            }
            Stage::End64 => {
                let fields = (u64_at(bytes, 32), u64_at(bytes, 40), u64_at(bytes, 48));
                let (b"PK\x06\x06", (Some(n), Some(size), Some(from))) = (bytes.get(..4).unwrap_or_default(), fields)
                else {
                    return Err(broken(start, "its long end is not where it should be"));
                };
                self.directory(info, n, size, from, start)
            }
            Stage::Directory(n) => {
                let mut at = 0;
                for _ in 0..n {
                    let (member, next) =
                        member(bytes, at).ok_or_else(|| broken(start + at as u64, "its list of members is broken"))?;
                    self.members.push(member);
                    at = next;
                }
                if let Some((what, advice)) = not_arrays(&self.members) {
                    return Err(Error::NotACheckpoint { file: info.name.clone(), what, advice: advice.into() });
                }
                self.look(info, 0, FIRST_LOOK)
            }
            Stage::Member(i) => match self.array(info, file, start, bytes, i, void)? {
                Some(longer) => self.look(info, i, longer),
                None => self.look(info, i + 1, FIRST_LOOK),
            },
        }
    }

    fn directory(&mut self, info: &FileInfo, n: u64, size: u64, from: u64, at: u64) -> Result<Parsed<Contents>, Error> {
        let why = |why: &str| Error::Header { file: info.name.clone(), at, why: why.into() };
        let end = from.checked_add(size).filter(|end| *end <= info.len);
        let end = end.ok_or_else(|| why("its list of members lies beyond the file"))?;
        if size > MAX_DIRECTORY || n > size / 46 {
            return Err(why("its list of members has an impossible length"));
        }
        self.stage = Stage::Directory(n);
        Ok(Parsed::More(from, end))
    }

    /// Asks for so many bytes of a member's beginning, or is done if there is no such member.
    fn look(&mut self, info: &FileInfo, i: usize, most: u64) -> Result<Parsed<Contents>, Error> {
        let Some(member) = self.members.get(i) else {
            let (tensors, notes) = (core::mem::take(&mut self.tensors), core::mem::take(&mut self.notes));
            return Ok(Parsed::Done(Contents { container: Container::Npz, tensors, metadata: Vec::new(), notes }));
        };
        self.stage = Stage::Member(i);
        Ok(Parsed::More(member.at.min(info.len), member.at.saturating_add(most).min(info.len)))
    }

    /// Reads the array of a member from its beginning; or says how many bytes it needs.
    fn array(
        &mut self,
        info: &FileInfo,
        file: u32,
        start: u64,
        bytes: &[u8],
        i: usize,
        void: Option<&'static Format>,
    ) -> Result<Option<u64>, Error> {
        let member = &self.members[i];
        let broken =
            |why: String| Error::Header { file: info.name.clone(), at: start, why: format!("{} {why}", member.name) };
        let name = member.name.strip_suffix(".npy").unwrap_or(&member.name);
        if member.is_encrypted {
            return Err(broken("is encrypted".into()));
        }
        let is_deflated = match member.method {
            STORED => false,
            DEFLATED => true,
            method => return Err(broken(format!("is packed by the method {method}, and only deflate is read"))),
        };
        let lengths = (u16_at(bytes, 26), u16_at(bytes, 28));
        let (true, (Some(name_length), Some(extra))) = (bytes.starts_with(b"PK\x03\x04"), lengths) else {
            return Err(broken("is not where it should be".into()));
        };
        let header = LOCAL + usize::from(name_length) + usize::from(extra);
        let first = start.saturating_add(header as u64);
        let end = first.checked_add(member.packed).filter(|end| *end <= info.len);
        let end = end.ok_or_else(|| Error::CutOff {
            file: info.name.clone(),
            len: info.len,
            expected: first.saturating_add(member.packed),
        })?;
        let packed = bytes.get(header..).unwrap_or_default();
        let packed = &packed[..packed.len().min(usize::try_from(member.packed).unwrap_or(usize::MAX))];
        let mut plain = Vec::new();
        if is_deflated {
            Inflate::default()
                .push(packed, MAX_LOOK as usize, &mut plain)
                .map_err(|error| broken(error.to_string()))?;
        } else {
            plain.extend(packed);
        }
        let array = FileInfo { name: format!("{} in {}", member.name, info.name), len: member.plain };
        let longer = 4 * (bytes.len() as u64).max(FIRST_LOOK);
        let is_all = packed.len() as u64 == member.packed || bytes.len() as u64 > MAX_LOOK;
        let mut tensor = match npy::read(&array, file, &plain, void)? {
            Parsed::More(..) if is_all => return Err(broken("ends within its header".into())),
            Parsed::More(..) => return Ok(Some(longer)),
            Parsed::Done(tensor) => tensor,
        };
        if tensor.span.end != member.plain {
            self.notes.push(format!("{} has bytes after its array", array.name));
        }
        tensor.name = name.to_owned();
        if is_deflated {
            let header = tensor.span.start as u32;
            tensor.packing = Packing::Deflated { header };
            tensor.span = Span { file, start: first, end };
        } else {
            tensor.span = Span { file, start: first + tensor.span.start, end: first + tensor.span.end };
            if tensor.span.end > end {
                return Err(broken("is longer than its place".into()));
            }
        }
        self.tensors.push(tensor);
        Ok(None)
    }
}

/// A member of the list, and where the next one begins.
fn member(bytes: &[u8], at: usize) -> Option<(Member, usize)> {
    let entry = bytes.get(at..).filter(|entry| entry.starts_with(b"PK\x01\x02"))?;
    let (flags, method) = (u16_at(entry, 8)?, u16_at(entry, 10)?);
    let [mut packed, mut plain, mut header] = [u32_at(entry, 20)?, u32_at(entry, 24)?, u32_at(entry, 42)?];
    let [name, extra, comment] = [28, 30, 32].map(|at| u16_at(entry, at).map(usize::from));
    let (name_end, extra_end) = (46 + name?, 46 + name? + extra?);
    let name = String::from_utf8_lossy(entry.get(46..name_end)?).into_owned();
    let mut fields = entry.get(name_end..extra_end)?;
    while let (Some(id), Some(size)) = (u16_at(fields, 0), u16_at(fields, 2)) {
        let mut field = fields.get(4..4 + usize::from(size))?;
        fields = &fields[4 + usize::from(size)..];
        if id != 1 {
            continue;
        }
        // The long form has those numbers that are all ones in the short one, in this order.
        for number in [&mut plain, &mut packed, &mut header] {
            if *number == u64::from(u32::MAX) {
                *number = u64_at(field, 0)?;
                field = &field[8..];
            }
        }
    }
    let member = Member { name, method, is_encrypted: flags & 1 == 1, packed, plain, at: header };
    Some((member, at.checked_add(extra_end + comment?)?))
}

/// What a zip is instead, if it is none of arrays, and what to do.
fn not_arrays(members: &[Member]) -> Option<(&'static str, &'static str)> {
    let has = |end: &str| members.iter().any(|member| member.name.ends_with(end));
    if has("data.pkl") {
        Some(("a PyTorch checkpoint, which is a pickled program", super::sniff::FROM_PYTORCH))
    } else if has(".weights.h5") {
        Some(("a Keras model", super::sniff::FROM_KERAS))
    } else if members.is_empty() || !members.iter().all(|member| member.name.ends_with(".npy")) {
        Some(("a zip that holds other things than NumPy arrays", "unpack it, and open the files with weights in it"))
    } else {
        None
    }
}
