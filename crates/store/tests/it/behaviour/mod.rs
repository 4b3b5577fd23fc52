//! What every implementation of [`atelier_store::Store`] must do. Another one joins with a line of
//! [`behaviour_of!`] and an `open` of its own.

pub(crate) mod accounts;
pub(crate) mod billing;
pub(crate) mod files;
pub(crate) mod history;
pub(crate) mod idempotency;
pub(crate) mod keys;
pub(crate) mod leases;
pub(crate) mod model;
pub(crate) mod operations;
pub(crate) mod people;
pub(crate) mod races;
pub(crate) mod reports;
pub(crate) mod run;
pub(crate) mod stop;
pub(crate) mod submit;
pub(crate) mod webhooks;
pub(crate) mod world;

/// Makes a test of every scenario for the implementation that `$open` opens: `async fn() -> (Storage, Home)`.
macro_rules! behaviour_of {
    ($open:path) => {
        behaviour_of!(@tests $open;
            accounts: an_address_names_one_account_whatever_its_case, grants_add_up_in_the_ledger,
                grants_that_are_no_gift_or_leave_the_range_are_refused, a_key_finds_its_project_and_nothing_else,
                a_secret_is_opened_only_for_projects_that_sign, a_project_needs_its_account;
            billing: what_is_reserved_is_known_beside_the_balance, the_limit_follows_what_the_account_owns,
                an_ended_task_makes_room_for_another, fifty_submits_at_once_do_not_pass_the_limit,
                an_account_without_limits_pays_nothing, a_task_keeps_the_price_it_was_submitted_at,
                without_billing_nothing_is_asked;
            files: uploads_are_recorded_all_or_none, a10_folders_belong_to_one_account,
                an_ended_task_loses_its_files_and_stays, a_file_that_an_unfinished_task_uses_is_kept,
                a10_a_task_never_takes_files_of_others_with_it, old_files_are_forgotten_in_bounded_numbers,
                files_that_nobody_knows_are_told;
            history: tasks_are_found_by_everything_a_filter_says, a_list_goes_on_beside_its_neighbours,
                a25_a_history_is_of_one_account, use_is_counted_by_day_project_and_tool,
                how_long_tasks_took_is_known_to_two_digits, grants_are_listed_alone;
            idempotency: a_repeated_request_gets_the_same_task, f6_another_request_under_the_same_key_is_refused,
                a_key_belongs_to_one_caller, f5_fifty_equal_requests_make_one_task,
                a_refused_request_leaves_its_key_free, a_repeated_request_needs_no_credit,
                a_key_is_forgotten_after_a_day;
            keys: a_bearer_key_is_found_by_its_secret_and_by_nothing_else,
                the_bearer_keys_of_a_project_are_listed_oldest_first, a_bearer_key_is_revoked_alone_and_for_ever,
                a_bearer_key_expires_at_its_moment, the_use_of_a_bearer_key_is_written_down_once_a_minute,
                f15_a_clock_that_went_back_does_not_stop_the_noting_of_uses;
            leases: f2_a_lost_worker_can_change_nothing, a_fence_is_never_given_twice,
                a_renewed_lease_outlives_its_first_term, looking_at_a_lease_does_not_extend_it,
                a_late_worker_keeps_its_task_until_the_reaper_comes, f1_a_lost_task_is_taken_up_again,
                f8_a_task_that_kills_its_workers_fails_in_the_end, a_worker_can_hand_its_task_back,
                a_stopped_task_is_lost_to_its_worker;
            operations: a_worker_is_known_from_its_first_heartbeat_until_it_leaves,
                a_silent_worker_is_forgotten_in_the_end, a_worker_is_shown_with_what_it_holds,
                the_task_that_waits_longest_is_known, failed_tasks_are_listed_with_their_account,
                what_is_stored_is_counted_along, a25_what_is_done_in_an_accounts_name_is_noted_there;
            people: the_first_run_makes_one_operator, an_operator_takes_over_the_account_of_their_address,
                a_link_is_used_once_and_before_it_ends, an_invitation_can_be_taken_back_by_its_account_alone,
                an_invitation_to_an_account_of_its_own_is_listed_apart,
                an_account_keeps_an_owner, a_session_ends_by_time_by_sign_out_and_with_its_person,
                a_new_password_ends_the_other_sessions, a25_the_audit_log_names_who_changed_keys_and_credit,
                a_replaced_credential_is_good_until_its_overlap_is_over, the_networks_of_a_project_can_be_changed;
            races: f5_fifty_submits_for_the_last_credit, f7_cancel_races_completion,
                every_task_is_claimed_once, a_caller_who_goes_away_leaves_nothing_half_done;
            reports: tasks_are_listed_newest_first_in_parts, a25_a_list_shows_the_tasks_of_its_account_only,
                tasks_are_found_by_a_part_of_their_tool, tasks_are_counted_by_project_day_and_state,
                a_tool_remembers_how_it_has_done, the_ledger_is_read_in_parts;
            run: the_oldest_task_is_claimed_first, a_waiting_task_knows_how_many_are_before_it,
                a_run_leaves_its_timeline_and_events,
                every_step_that_the_state_does_not_allow_is_refused, success_is_charged_once,
                a_charge_never_exceeds_the_reservation, failure_costs_nothing, success_needs_outputs,
                only_the_latest_progress_is_kept, progress_outside_the_run_is_old_news,
                one_look_finds_the_news_of_several_tasks, outputs_are_found_by_their_addresses;
            stop: a_waiting_task_can_be_taken_back, a_running_task_can_be_killed_but_not_taken_back,
                stopping_twice_is_stopping_once, what_has_ended_stays_as_it_is, stop_only_stops;
            submit: a_task_is_found_by_every_name_it_has, what_is_not_paid_for_leaves_no_trace,
                a_minimum_balance_is_asked_for_but_not_taken, a_free_task_needs_no_credit,
                a_token_is_used_once, uploads_come_with_their_task, a_task_needs_a_project_of_its_account;
            webhooks: every_end_of_a_task_owes_its_callback_one_delivery,
                nobody_is_told_without_a_callback_or_of_a_task_that_never_began,
                a_task_that_goes_back_to_the_queue_still_tells_of_its_cancel,
                f14_a_delivery_whose_deliverer_is_lost_is_given_to_another,
                a_delivery_waits_for_its_next_attempt, f13_busy_hosts_are_passed_over,
                a_replay_starts_all_over_under_the_same_id,
                a_project_has_one_webhook_secret_from_the_first_time_it_is_asked_for;
        );

        #[test]
        fn random_interleavings_keep_the_invariants() {
            crate::behaviour::model::check(|| Box::pin($open()));
        }
    };
    (@tests $open:path; $($module:ident: $($test:ident),+;)+) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                crate::behaviour::$module::$test(crate::behaviour::world::World::new($open().await).await).await;
            }
        )+)+
    };
}
pub(crate) use behaviour_of;
