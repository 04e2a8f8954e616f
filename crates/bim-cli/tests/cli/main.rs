//! The real program in real processes, over real sockets of this machine.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod chat;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod endings;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod kill_nine;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tokens;
