//! What travels between a bim client and server: generated messages, the frame codec, conversions.
