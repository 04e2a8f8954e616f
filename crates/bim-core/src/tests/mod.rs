//! What the machine does, told by its complete outputs.

mod cuts;
mod fences;
mod hostile;
mod live;
mod login;
mod reconnect;
mod requests;
mod tokens;
