//! `synesthesie`: see `synesthesie --help`.

fn main() -> std::process::ExitCode {
    synesthesie::cli::run()
}
