//! The program: arguments in, exit code out.

use std::process::ExitCode;

/// The allocator of musl takes several times as long for each piece of memory, and a run asks for many.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kubelapse::cli::main()
}
