//! The lists of checks, each written once, and what is made of them.

/// Makes one test of each check of the server log suite, in a module of the given name. The second argument
/// is called for each test and gives a fresh, empty [`Place`](crate::contract::Place).
#[macro_export]
macro_rules! server_log_contract {
    ($name:ident, $fresh_place:expr) => {
        mod $name {
            use super::*;

            $crate::__log_checks!(__check_tests, $fresh_place);
        }
    };
}

/// Makes one test of each check of the client store suite, in a module of the given name. The second
/// argument is called for each test and gives a fresh, empty [`ClientPlace`](crate::contract::ClientPlace).
#[macro_export]
macro_rules! client_store_contract {
    ($name:ident, $fresh_place:expr) => {
        mod $name {
            use super::*;

            $crate::__client_checks!(__check_tests, $fresh_place);
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __log_checks {
    ($make:ident $(, $fresh_place:expr)?) => {
        $crate::$make! {
            [$($fresh_place)?]
            append::numbers_are_dense_from_one,
            append::streams_are_numbered_apart,
            append::a_duplicate_is_answered_with_the_original,
            append::other_content_under_a_known_id_is_a_conflict,
            append::another_sender_or_device_is_another_record,
            append::the_same_id_in_another_stream_is_another_record,
            append::entries_that_repeat_each_other_are_one_record,
            append::entries_without_an_id_are_always_new,
            append::known_entries_leave_no_hole,
            append::the_expected_last_number_lets_an_append_pass,
            append::another_last_number_stops_an_append,
            append::a_failed_condition_leaves_the_others_alone,
            append::operations_see_the_ones_before_them,
            append::nothing_to_do_changes_nothing,
            read::an_unknown_stream_is_empty,
            read::a_read_begins_after_a_number,
            read::a_read_respects_both_limits,
            read::bytes_and_times_come_back_unharmed,
            read::apps_are_isolated,
            read::the_streams_of_one_group_are_isolated,
            read::a_reader_sees_whole_commits_only,
            records::a_record_is_created_once,
            records::a_record_is_changed_at_its_version,
            records::a_removed_record_is_gone_and_may_come_again,
            records::no_expectation_always_holds,
            records::the_records_of_one_group_are_isolated,
            records::conditions_see_the_operations_before_them,
            records::a_range_is_in_order_and_paged,
            records::a_range_does_not_leak_into_its_neighbours,
            trim::only_the_old_end_goes,
            trim::a_young_record_protects_what_follows,
            trim::numbers_are_not_handed_out_again,
            trim::a_trimmed_record_may_be_appended_again,
            trim::other_streams_are_left_alone,
            trim::many_records_go_at_once,
            replace::a_kept_record_gets_new_bytes,
            replace::a_record_that_is_not_kept_is_left_alone,
            replace::a_replaced_record_keeps_its_time,
            replace::a_replaced_record_is_still_recognised,
            replace::a_replaced_record_may_be_trimmed_and_appended_again,
            replace::a_read_counts_the_new_bytes,
            replace::replacements_are_carried_out_in_order,
            replace::other_streams_keep_their_bytes,
            replace::a_reader_sees_a_replacement_with_its_commit,
            reopen::everything_is_there_again,
            reopen::the_epoch_stays,
            reopen::trimmed_numbers_stay_used,
            reopen::replaced_records_stay_replaced,
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __client_checks {
    ($make:ident $(, $fresh_place:expr)?) => {
        $crate::$make! {
            [$($fresh_place)?]
            client::a_fresh_store_knows_nothing,
            client::what_is_put_is_there,
            client::the_last_put_counts,
            client::a_cleared_session_is_gone,
            client::operations_are_carried_out_in_order,
            client::an_empty_batch_changes_nothing,
            client::both_flavours_of_users_come_back,
            client::everything_is_there_again_after_reopening,
            client::every_opening_goes_on_where_the_last_one_ended,
            client::a_reader_sees_whole_batches_only,
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __check_tests {
    ([$fresh_place:expr] $($area:ident :: $check:ident,)*) => {
        $(
            #[test]
            fn $check() {
                $crate::contract::$area::$check(&($fresh_place)());
            }
        )*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __check_table {
    ([] $($area:ident :: $check:ident,)*) => {
        &[$((stringify!($check), $crate::contract::$area::$check)),*]
    };
}
