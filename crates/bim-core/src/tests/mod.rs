//! What the machine does, told by its complete outputs.

mod attributes;
mod cuts;
mod fences;
mod hostile;
mod live;
mod login;
mod members;
mod reconnect;
mod requests;
mod tokens;
