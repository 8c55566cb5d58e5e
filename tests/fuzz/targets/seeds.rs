//! Writes what the fuzzers begin with into a folder: of each file by somebody else's writer the bytes that make it.

#[path = "../check.rs"]
mod check;

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let into = env::args_os().nth(1).ok_or_else(|| io::Error::other("say which folder"))?;
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden");
    for target in check::TARGETS {
        let folder = Path::new(&into).join(target.name);
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(golden.join("checkpoints"))?.chain(fs::read_dir(golden.join("written"))?) {
            let path = entry?.path();
            if let (Some(seed), Some(name)) = ((target.seed)(&fs::read(&path)?), path.file_name()) {
                fs::write(folder.join(name), seed)?;
            }
        }
    }
    Ok(())
}
