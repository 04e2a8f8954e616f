//! What happens to a client.

use crate::steps::steps;

steps! {
    /// What happens to a client. Numbers are taken modulo what there is; what can not happen does nothing.
    enum Step {
        /// The app logs in: with a fixed token or a provider, now and then as somebody else.
        Login { credential: u8 },
        /// The app logs out.
        Logout,
        /// The app shuts the client down.
        Shutdown { sure: u8 },
        /// The app asks something of the server.
        Ask { kind: u8, group: u8, number: u8 },
        /// The app adds to a counter.
        Tap { group: u8, number: u8 },
        /// The app reads the counters of a group.
        Counters { group: u8 },
        /// Everyone does what they should, for so many rounds: store, token provider, network and server.
        Serve { rounds: u8 },
        /// The store answers one of the operations that wait, well or not.
        Store { which: u8, outcome: u8 },
        /// The token provider answers.
        Token { which: u8, outcome: u8 },
        /// A dial succeeds.
        Dialed,
        /// A dial fails.
        DialFailed,
        /// The connection is gone.
        Cut,
        /// The server accepts the login, with windows and times of its own.
        Welcome { number: u8 },
        /// The server answers one of the requests that wait, as it should.
        Answer { which: u8 },
        /// The server answers with something of another kind.
        WrongAnswer { which: u8, kind: u8 },
        /// The server refuses one of the requests that wait.
        Refuse { which: u8, number: u8 },
        /// Somebody says something; the last number says what is wrong with its place, if anything.
        Push { group: u8, class: u8, flaw: u8 },
        /// The server left messages out.
        Gap { group: u8, class: u8, count: u8 },
        /// A group changed.
        State { group: u8, number: u8 },
        /// A message was changed or removed.
        Change { group: u8, number: u8 },
        /// Something was done to members.
        Event { group: u8, number: u8 },
        /// A group tells who came and went, and its counters.
        Pulse { group: u8, number: u8 },
        /// Attributes of a group changed.
        Attributes { group: u8, number: u8 },
        /// The server sends a ping, a pong or a goodbye.
        Control { kind: u8, number: u8 },
        /// The server sends the next bytes of the script as a frame.
        Raw { length: u8 },
        /// Something of an older connection comes late.
        Late { what: u8 },
        /// Time goes by: a number of one of four units.
        Pass { unit: u8, number: u8 },
        /// Time goes by to the next wake.
        Wake,
    }
}
