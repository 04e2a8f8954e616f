//! The list of checks, written once, and what is made of it.

/// Emits one test for each check of the contract, in a module of the given name. The second argument is called
/// for each test and gives a future of a fresh listener and a dialer to it. See the
/// [module](crate::contract).
#[macro_export]
macro_rules! transport_contract {
    ($name:ident, $make:expr) => {
        mod $name {
            use super::*;

            $crate::__transport_checks!(__transport_check_tests, $make);
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __transport_checks {
    ($list:ident $(, $make:expr)?) => {
        $crate::$list! {
            [$($make)?]
            frames_arrive_whole_and_in_order_both_ways,
            an_empty_frame_is_a_frame,
            the_server_may_speak_first,
            a_flushed_frame_arrives_without_another_call,
            ten_thousand_small_frames_arrive,
            batches_arrive_as_their_frames_between_others,
            a_cancelled_recv_loses_nothing,
            many_connections_are_independent,
            a_cancelled_accept_loses_no_connection,
            the_largest_frame_arrives,
            a_frame_over_the_limit_is_refused_and_the_connection_stays_usable,
            an_oversized_frame_of_the_peer_is_an_error,
            a_raised_frame_limit_counts_from_then_on,
            a_writer_waits_for_a_reader_that_does_not_read,
            both_directions_flow_under_pressure,
            a_waiting_reader_is_woken_by_a_frame,
            a_waiting_reader_is_woken_by_the_end,
            a_waiting_writer_is_woken_by_its_reader,
            the_waker_of_the_latest_call_counts,
            frames_sent_right_before_close_arrive,
            a_close_in_order_is_seen_as_the_end,
            both_ends_may_close_at_once,
            a_closed_connection_sends_no_more,
            a_close_ends_although_the_peer_does_not_read,
            a_dropped_peer_is_seen_as_an_end,
            a_writer_learns_of_a_dropped_peer,
            a_closed_listener_accepts_and_admits_nobody,
            a_connection_outlives_its_listener_and_its_dialer,
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __transport_check_tests {
    ([$make:expr] $($check:ident,)*) => {
        $(
            #[test]
            fn $check() {
                $crate::contract::run(($make)(), $crate::contract::$check);
            }
        )*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __transport_check_table {
    ([] $($check:ident,)*) => {
        &[$((stringify!($check), |ends| Box::pin($crate::contract::$check(ends)))),*]
    };
}
