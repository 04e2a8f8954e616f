//! The brain of a bim server: tokens, sessions, routing and live groups as one pure state machine.
