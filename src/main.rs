//! The program: arguments in, exit code out.

use std::process::ExitCode;

/// musl's own allocator is made to be small, not fast, and a run asks for many pieces of memory. (Not measured by this project.)
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kubelapse::cli::main()
}
