//! Old links. Links are for ever: when the meaning of a key or a default changes, the version goes up by one, and a row
//! here turns links of the version before into links of the new one.

/// The version that links are written in.
pub const VERSION: u32 = 1;

/// Turns the keys of version i + 1 into those of version i + 2.
type Upgrade = fn(Vec<(String, String)>) -> Vec<(String, String)>;

/// One step a version.
const UPGRADES: [Upgrade; VERSION as usize - 1] = [];

/// Brings the keys of a link of version `from` (1 ..= [`VERSION`]) up to date.
pub fn upgrade(from: u32, keys: Vec<(String, String)>) -> Vec<(String, String)> {
    UPGRADES.iter().skip(from as usize - 1).fold(keys, |keys, step| step(keys))
}
