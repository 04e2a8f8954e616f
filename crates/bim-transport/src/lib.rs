//! Pluggable frame transports for bim: memory, WebSocket and QUIC behind one trait, with a contract suite.
