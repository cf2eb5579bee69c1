//! Makes renditions of a picture: `picture SOURCE FOLDER`. The server does the same by a hidden command of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    adapter_imaging::child::run(&arguments)
}
