//! The shared words of bim: ids, time, limits, error codes, records and store operations.
