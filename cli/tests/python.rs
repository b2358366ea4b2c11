//! The Python client (`clients/python`) as its users have it: the wheel in a fresh venv, at real servers.
//!
//! Its tests are pytest's, in `clients/python/tests`; they start what they need with the binary under test.

use std::path::Path;
use std::process::Command;

/// Runs to the end and must succeed; what it said is part of the failure.
fn succeed(command: &mut Command) -> String {
    let output = command.output().expect("this test needs python3 with venv: apt-get install python3-venv");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    said
}

#[test]
fn the_wheel_of_the_python_client_passes_its_tests_in_a_fresh_venv() {
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients/python").canonicalize();
    let client = client.expect("the client lies beside this crate");
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let venv = dir.path().join("venv");
    let python = std::env::var_os("DEERTRACK_PYTHON").unwrap_or_else(|| "python3".into());
    succeed(Command::new(python).args(["-m", "venv"]).arg(&venv));
    let in_venv = |tool: &str| {
        let mut command = Command::new(venv.join("bin").join(tool));
        command.env("PYTHONDONTWRITEBYTECODE", "1").env_remove("PYTHONPATH").current_dir(&client);
        command
    };
    let wheel = format!("{}[redis,fastapi]", client.display());
    succeed(
        in_venv("pip").args(["install", "--quiet", "--requirement", "tests/requirements.txt"]).arg(wheel),
    );
    let binary = env!("CARGO_BIN_EXE_deertrack");
    let pytest = ["-m", "pytest", "--quiet", "--durations=5", "tests"];
    let said = succeed(in_venv("python").args(pytest).env("DEERTRACK_BIN", binary));
    println!("{said}");
    assert!(said.contains(" passed"), "{said}");
}
