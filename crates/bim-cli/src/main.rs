//! The bim command.
fn main() {}
