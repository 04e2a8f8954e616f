//! Harnesses for the scenario tests.
