//! The whole quick start. `cargo run --example quick_start -p bim-examples`
#![expect(clippy::print_stdout, reason = "it shows what it hears")]

use std::{error::Error, sync::Arc};

use bim::{
    Client, ConnectListener, ConnectStatus, ConversationShortId, ErrorCode, GroupInfo,
    LiveGroupMessageListener, Message, Position, Priority,
};

struct App;

impl ConnectListener for App {
    fn on_connect_status_changed(&self, status: ConnectStatus) {
        println!("connection: {status:?}");
    }
    fn on_token_invalid(&self, code: ErrorCode) {
        println!("log in again: {code}");
    }
}

impl LiveGroupMessageListener for App {
    fn on_receive_message(&self, message: Message) {
        println!("{}: {}", message.sender, message.body.as_str().unwrap_or("?"));
    }
    fn on_send_message(&self, message: Message) {
        println!("sent at {}", message.position);
    }
    fn on_update_message(&self, message: Message) {
        println!("changed at {}", message.position);
    }
    fn on_delete_message(&self, _group: ConversationShortId, position: Position) {
        println!("removed at {position}");
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = bim_fake_server::serve().await; // or a real one: `.endpoint("ws://127.0.0.1:7900")?` below
    let directory = tempfile::tempdir()?;
    for user in ["alice", "bob"] {
        let builder = Client::builder(server.app_id(), user).dialer(server.dialer());
        let client = builder.data_dir(directory.path()).build().await?;
        client.add_connect_listener(Arc::new(App));
        client.login(user, server.token(user)).await?;
        println!("logged in as {:?}", client.current_user());

        let live = client.live_group_expand_service();
        live.add_live_group_message_listener(Arc::new(App));
        let info = GroupInfo { name: "name".into(), notice: "notice".into(), ..GroupInfo::default() };
        let group = live.create_live_group(info).await?.conversation_short_id;
        live.join_live_group(group).await?;
        let message = client.create_text_message("hello");
        live.send_live_group_message(&message, group, Priority::Normal).await?;
        client.logout().await?; // to switch the account: log out, take a new client
        client.shutdown().await;
    }
    Ok(())
}
