//! Whole runs of the load generator over real sockets of this machine.

#[cfg(test)]
mod runs;
