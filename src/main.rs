use std::process::ExitCode;

fn main() -> ExitCode {
    kubelapse::cli::main()
}
