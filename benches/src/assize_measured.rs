//! The binary that is measured: the same line as the real one, built where the measurements can find it.

fn main() -> std::process::ExitCode {
    assize::cli::main()
}
