//! The cases.

mod commands;
mod lives;
mod reloads;
mod scripts;
mod surroundings;

macro_rules! cases {
    ($($module:ident: $($case:ident)+;)+) => {
        /// Every case by its name.
        pub(crate) static ALL: &[(&str, fn())] = &[
            $($((concat!(stringify!($module), "::", stringify!($case)), $module::$case)),+),+
        ];
    };
}

cases! {
    commands:
        a_wrong_option_ends_with_1
        version_and_help_go_to_standard_error
        signal_numbers_go_to_standard_output
        other_words_are_named_and_passed_over
        genhash_is_there_by_option_and_by_name
        a_test_reports_and_touches_nothing
        a_report_is_appended_to_its_file
        a_namespace_that_is_not_there_ends_with_6
        keywords_are_explained;
    lives:
        a_daemon_starts_and_stops
        a_daemon_goes_into_the_background
        nothing_to_do_is_no_reason_to_end
        an_unusable_configuration_ends_with_6
        of_two_daemons_one_runs
        a_killed_child_is_replaced
        a_hung_child_is_replaced
        a_child_hung_in_its_loop_is_replaced
        a_stopped_daemon_blames_nobody
        a_panic_is_logged_and_replaced
        permanent_errors_end_the_daemon
        without_respawn_a_death_ends_the_daemon
        an_orphan_leaves
        a_hung_orphan_is_aborted
        a_successor_waits_for_the_orphan
        a_deaf_child_is_forced
        an_interrupt_can_be_ignored;
    reloads:
        a_reload_reaches_the_child
        a_broken_file_changes_nothing
        a_child_may_refuse
        a_child_is_started_when_it_is_needed
        a_reload_asked_of_the_child_reloads_all
        files_around_a_reload
        a_time_can_be_set_for_a_reload
        two_hundred_in_a_row
        without_a_daemon_there_is_no_verdict;
    scripts:
        children_wait_for_the_startup_script
        a_startup_script_that_hangs_is_ended
        a_stop_ends_the_startup_script
        a_reload_asked_for_during_the_startup_script_follows
        the_shutdown_script_of_the_last_reload_runs_last;
    surroundings:
        signals_are_forwarded
        the_service_manager_is_told
        a_full_pipe_stops_nothing
        logs_go_to_files_by_process
        default_files_are_in_run
        a_namespace_has_its_own_run_directory
        processes_have_their_configured_name;
}
