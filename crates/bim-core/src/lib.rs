//! The brain of a bim client: session, resume, requests and live groups as one pure state machine.
