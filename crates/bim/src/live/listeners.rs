//! Streams and listeners of live groups.

use std::sync::Arc;

use super::LiveGroups;
use crate::feed::LiveEvents;
use crate::listen::{
    ListenerId, LiveConversationListener, LiveGroupAttributeListener, LiveGroupMarkTypeListener,
    LiveGroupMemberListener, LiveGroupMessageListener, LiveListener, run_live_listener,
};

impl LiveGroups {
    /// The events of all live groups the client is in, from now on. Any number of streams and listeners may
    /// exist; each gets every event.
    #[must_use]
    pub fn events(&self) -> LiveEvents {
        let mut view = self.handle.shared.view();
        LiveEvents(view.subscribe_live(self.handle.shared.event_buffer, |_| true))
    }

    /// Has a listener called for messages and whatever interrupts them, from now on and in order.
    ///
    /// Each listener has a queue and a task of its own: one that blocks or panics hinders nobody else, and is
    /// told with [`on_lagged`](LiveGroupMessageListener::on_lagged) what its queue could not hold.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn add_live_group_message_listener(&self, listener: Arc<dyn LiveGroupMessageListener>) -> ListenerId {
        self.listen(listener)
    }

    /// Stops calling a listener, except for a call that is under way. Unknown ids are ignored.
    pub fn remove_live_group_message_listener(&self, id: ListenerId) {
        self.handle.shared.view().listeners.remove(id);
    }

    /// Has a listener called for every change of a group's state, from now on and in order.
    ///
    /// Each listener has a queue and a task of its own: one that blocks or panics hinders nobody else, and is
    /// told with [`on_lagged`](LiveConversationListener::on_lagged) what its queue could not hold.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn add_live_conversation_listener(&self, listener: Arc<dyn LiveConversationListener>) -> ListenerId {
        self.listen(listener)
    }

    /// Stops calling a listener, except for a call that is under way. Unknown ids are ignored.
    pub fn remove_live_conversation_listener(&self, id: ListenerId) {
        self.handle.shared.view().listeners.remove(id);
    }

    /// Has a listener called for what members do and what is done to them, from now on and in order.
    ///
    /// Each listener has a queue and a task of its own: one that blocks or panics hinders nobody else, and is
    /// told with [`on_lagged`](LiveGroupMemberListener::on_lagged) what its queue could not hold.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn add_live_group_member_listener(&self, listener: Arc<dyn LiveGroupMemberListener>) -> ListenerId {
        self.listen(listener)
    }

    /// Stops calling a listener, except for a call that is under way. Unknown ids are ignored.
    pub fn remove_live_group_member_listener(&self, id: ListenerId) {
        self.handle.shared.view().listeners.remove(id);
    }

    /// Has a listener called for marks that can be given, from now on and in order.
    ///
    /// Each listener has a queue and a task of its own: one that blocks or panics hinders nobody else, and is
    /// told with [`on_lagged`](LiveGroupMarkTypeListener::on_lagged) what its queue could not hold.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn add_live_group_mark_type_listener(
        &self,
        listener: Arc<dyn LiveGroupMarkTypeListener>,
    ) -> ListenerId {
        self.listen(listener)
    }

    /// Stops calling a listener, except for a call that is under way. Unknown ids are ignored.
    pub fn remove_live_group_mark_type_listener(&self, id: ListenerId) {
        self.handle.shared.view().listeners.remove(id);
    }

    /// Has a listener called for attributes and counters, from now on and in order.
    ///
    /// Each listener has a queue and a task of its own: one that blocks or panics hinders nobody else, and is
    /// told with [`on_lagged`](LiveGroupAttributeListener::on_lagged) what its queue could not hold.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn add_live_group_attribute_listener(
        &self,
        listener: Arc<dyn LiveGroupAttributeListener>,
    ) -> ListenerId {
        self.listen(listener)
    }

    /// Stops calling a listener, except for a call that is under way. Unknown ids are ignored.
    pub fn remove_live_group_attribute_listener(&self, id: ListenerId) {
        self.handle.shared.view().listeners.remove(id);
    }

    fn listen<L: LiveListener>(&self, listener: L) -> ListenerId {
        let mut view = self.handle.shared.view();
        let reader = view.subscribe_live(self.handle.shared.event_buffer, L::wants);
        let id = view.listeners.add(reader.stopper());
        drop(view);
        tokio::spawn(run_live_listener(listener, reader, self.handle.shared.log));
        id
    }
}
