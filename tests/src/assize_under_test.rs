//! The binary under test: the same line as the real one, built where the tests can find it.

fn main() -> std::process::ExitCode {
    assize::cli::main()
}
