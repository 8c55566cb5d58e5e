//! Commands that are ended, with all that they have started, when their time is up.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Runs a command to its end, or ends it and all that it started when its time is up.
///
/// # Errors
/// What became of it, with its name.
pub fn run_for(limit: Duration, mut command: Command) -> Result<(), String> {
    let program = PathBuf::from(command.get_program());
    let words = program.file_name().into_iter().chain(command.get_args());
    let name = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let failed = |what: String| format!("`{name}` {what}");
    let mut child = command.stdin(Stdio::null()).spawn().map_err(|error| failed(format!("does not start: {error}")))?;
    let end = Instant::now() + limit;
    loop {
        match child.try_wait().map_err(|error| failed(format!("was lost: {error}")))? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(failed(format!("ended with {status}"))),
            None if Instant::now() >= end => {
                kill_tree(&mut child);
                return Err(failed(format!("was ended after {} s", limit.as_secs())));
            }
            None => thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Kills a process and its descendants. Not by process group: a group of its own would not hear Ctrl-C, and browsers
/// leave their parent's. Where there is no /proc the descendants are left to themselves.
fn kill_tree(child: &mut Child) {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let process = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            // "pid (name) state parent …", where the name may hold spaces and parentheses.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((process, parent))
        })
        .collect();
    let mut tree = vec![child.id()];
    let mut next = 0;
    while let Some(&parent) = tree.get(next) {
        tree.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(process, _)| process));
        next += 1;
    }
    let ids: Vec<_> = tree[1..].iter().map(u32::to_string).collect();
    let _ = child.kill();
    if !ids.is_empty() {
        // The shell's own `kill`: a minimal system has no program of that name.
        let _ =
            Command::new("sh").args(["-c", &format!("kill -KILL {}", ids.join(" "))]).stderr(Stdio::null()).status();
    }
    let _ = child.wait();
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::env;

    #[test]
    fn a_command_that_hangs_is_ended_with_all_that_it_started() {
        let note = env::temp_dir().join(format!("bitbudget-hang-{}", std::process::id()));
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 600 & echo $! >\"$NOTE\"; wait"]).env("NOTE", &note);
        let outcome = run_for(Duration::from_secs(1), shell);
        assert!(matches!(outcome, Err(reason) if reason.contains("was ended after 1 s")));
        let stat = format!("/proc/{}/stat", fs::read_to_string(&note).unwrap().trim());
        fs::remove_file(note).unwrap();
        let is_gone = || fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
        let end = Instant::now() + Duration::from_secs(10);
        while !is_gone() && Instant::now() < end {
            thread::sleep(Duration::from_millis(20));
        }
        assert!(is_gone(), "the grandchild goes on");
    }
}
