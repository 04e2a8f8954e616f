//! Pluggable stores for bim: the client store and the server log, in memory and on redb, with a contract suite.
