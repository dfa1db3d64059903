//! The cases.

mod commands;
mod lives;
mod reloads;
mod surroundings;

/// Every case by its name.
pub(crate) static ALL: &[(&str, fn())] = &[
    (
        "commands::a_wrong_option_ends_with_1",
        commands::a_wrong_option_ends_with_1,
    ),
    (
        "commands::version_and_help_go_to_standard_error",
        commands::version_and_help_go_to_standard_error,
    ),
    (
        "commands::signal_numbers_go_to_standard_output",
        commands::signal_numbers_go_to_standard_output,
    ),
    (
        "commands::other_words_are_named_and_passed_over",
        commands::other_words_are_named_and_passed_over,
    ),
    (
        "commands::genhash_says_that_it_is_not_there",
        commands::genhash_says_that_it_is_not_there,
    ),
    (
        "commands::a_test_reports_and_touches_nothing",
        commands::a_test_reports_and_touches_nothing,
    ),
    (
        "commands::a_report_is_appended_to_its_file",
        commands::a_report_is_appended_to_its_file,
    ),
    (
        "commands::a_namespace_that_is_not_there_ends_with_6",
        commands::a_namespace_that_is_not_there_ends_with_6,
    ),
    (
        "lives::a_daemon_starts_and_stops",
        lives::a_daemon_starts_and_stops,
    ),
    (
        "lives::a_daemon_goes_into_the_background",
        lives::a_daemon_goes_into_the_background,
    ),
    (
        "lives::nothing_to_do_is_no_reason_to_end",
        lives::nothing_to_do_is_no_reason_to_end,
    ),
    (
        "lives::an_unusable_configuration_ends_with_6",
        lives::an_unusable_configuration_ends_with_6,
    ),
    ("lives::of_two_daemons_one_runs", lives::of_two_daemons_one_runs),
    (
        "lives::a_killed_child_is_replaced",
        lives::a_killed_child_is_replaced,
    ),
    ("lives::a_hung_child_is_replaced", lives::a_hung_child_is_replaced),
    (
        "lives::a_child_hung_in_its_loop_is_replaced",
        lives::a_child_hung_in_its_loop_is_replaced,
    ),
    (
        "lives::a_stopped_daemon_blames_nobody",
        lives::a_stopped_daemon_blames_nobody,
    ),
    (
        "lives::a_panic_is_logged_and_replaced",
        lives::a_panic_is_logged_and_replaced,
    ),
    (
        "lives::permanent_errors_end_the_daemon",
        lives::permanent_errors_end_the_daemon,
    ),
    (
        "lives::without_respawn_a_death_ends_the_daemon",
        lives::without_respawn_a_death_ends_the_daemon,
    ),
    ("lives::an_orphan_leaves", lives::an_orphan_leaves),
    (
        "lives::a_successor_waits_for_the_orphan",
        lives::a_successor_waits_for_the_orphan,
    ),
    ("lives::a_deaf_child_is_forced", lives::a_deaf_child_is_forced),
    (
        "lives::an_interrupt_can_be_ignored",
        lives::an_interrupt_can_be_ignored,
    ),
    (
        "reloads::a_reload_reaches_the_child",
        reloads::a_reload_reaches_the_child,
    ),
    (
        "reloads::a_broken_file_changes_nothing",
        reloads::a_broken_file_changes_nothing,
    ),
    ("reloads::a_child_may_refuse", reloads::a_child_may_refuse),
    (
        "reloads::a_child_is_started_when_it_is_needed",
        reloads::a_child_is_started_when_it_is_needed,
    ),
    (
        "reloads::a_reload_asked_of_the_child_reloads_all",
        reloads::a_reload_asked_of_the_child_reloads_all,
    ),
    ("reloads::two_hundred_in_a_row", reloads::two_hundred_in_a_row),
    (
        "reloads::without_a_daemon_there_is_no_verdict",
        reloads::without_a_daemon_there_is_no_verdict,
    ),
    (
        "surroundings::signals_are_forwarded",
        surroundings::signals_are_forwarded,
    ),
    (
        "surroundings::the_service_manager_is_told",
        surroundings::the_service_manager_is_told,
    ),
    (
        "surroundings::a_full_pipe_stops_nothing",
        surroundings::a_full_pipe_stops_nothing,
    ),
    (
        "surroundings::logs_go_to_files_by_process",
        surroundings::logs_go_to_files_by_process,
    ),
    (
        "surroundings::default_files_are_in_run",
        surroundings::default_files_are_in_run,
    ),
    (
        "surroundings::a_namespace_has_its_own_run_directory",
        surroundings::a_namespace_has_its_own_run_directory,
    ),
    (
        "surroundings::processes_have_their_configured_name",
        surroundings::processes_have_their_configured_name,
    ),
];
