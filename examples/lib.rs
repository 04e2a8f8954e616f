//! Programs to copy from; see the `*.rs` files beside this one.
