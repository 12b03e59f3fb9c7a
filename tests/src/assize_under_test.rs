//! The binary under test: the one binary, built here because only a package's own tests are told where it lies.

fn main() -> std::process::ExitCode {
    assize::cli::main()
}
