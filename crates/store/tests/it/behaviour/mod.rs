//! What every implementation of [`atelier_store::Store`] must do. Another one joins with a line of
//! [`behaviour_of!`] and an `open` of its own.

pub(crate) mod accounts;
pub(crate) mod leases;
pub(crate) mod model;
pub(crate) mod races;
pub(crate) mod run;
pub(crate) mod stop;
pub(crate) mod submit;
pub(crate) mod world;

/// Makes a test of every scenario for the implementation that `$open` opens: `async fn() -> (Storage, Home)`.
macro_rules! behaviour_of {
    ($open:path) => {
        behaviour_of!(@tests $open;
            accounts: an_address_names_one_account_whatever_its_case, grants_add_up_in_the_ledger,
                grants_that_are_no_gift_or_leave_the_range_are_refused, a_key_finds_its_project_and_nothing_else,
                a_secret_is_opened_only_for_projects_that_sign, a_project_needs_its_account;
            leases: f02_a_lost_worker_can_change_nothing, a_fence_is_never_given_twice,
                a_renewed_lease_outlives_its_first_term, looking_at_a_lease_does_not_extend_it,
                a_late_worker_keeps_its_task_until_the_reaper_comes, f01_a_lost_task_is_taken_up_again,
                f08_a_task_that_kills_its_workers_fails_in_the_end, a_worker_can_hand_its_task_back,
                a_stopped_task_is_lost_to_its_worker;
            races: f05_fifty_submits_for_the_last_credit, f07_cancel_races_completion,
                every_task_is_claimed_once, a_caller_who_goes_away_leaves_nothing_half_done;
            run: the_oldest_task_is_claimed_first, a_run_leaves_its_timeline_and_events,
                every_step_that_the_state_does_not_allow_is_refused, success_is_charged_once,
                a_charge_never_exceeds_the_reservation, failure_costs_nothing, success_needs_outputs,
                only_the_latest_progress_is_kept, progress_outside_the_run_is_old_news,
                one_look_finds_the_news_of_several_tasks, outputs_are_found_by_their_addresses;
            stop: a_waiting_task_can_be_taken_back, a_running_task_can_be_killed_but_not_taken_back,
                stopping_twice_is_stopping_once, what_has_ended_stays_as_it_is, stop_only_stops;
            submit: a_task_is_found_by_every_name_it_has, what_is_not_paid_for_leaves_no_trace,
                a_minimum_balance_is_asked_for_but_not_taken, a_free_task_needs_no_credit,
                a_token_is_used_once, uploads_come_with_their_task, a_task_needs_a_project_of_its_account;
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
