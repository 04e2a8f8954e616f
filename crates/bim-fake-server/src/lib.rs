//! The real bim server engine in process over memory parts, for tests of apps and of bim itself.
