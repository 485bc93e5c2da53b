//! What every engine does alike: one table of rows, each run on the embedded engine, on Docker and on Podman.
//!
//! What differs between them is data (`on.rs`). `docs/engines.md` has the table of counts, which `the_page_has_the_counts` holds.

#![expect(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "helpers of tests, and `json!` as it is written"
)]

mod ends;
mod files;
mod network;
mod on;
mod seen;
mod starts;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "each engine's own tests use the rest")]
mod support;

/// Each area with its rows: functions of the module of that name.
macro_rules! rows {
    ($($area:ident ($about:literal) { $($row:ident,)* })*) => {
        const AREAS: &[(&str, usize)] = &[$(($about, [$(stringify!($row)),*].len())),*];

        mod embedded {
            $($(#[test] fn $row() { crate::$area::$row(&crate::on::embedded()); })*)*
        }
        mod docker {
            $($(#[test] fn $row() { crate::$area::$row(&crate::on::docker()); })*)*
        }
        mod podman {
            $($(#[test] fn $row() { crate::$area::$row(&crate::on::podman()); })*)*
        }
    };
}

rows! {
    starts ("entrypoint, arguments, environment, user, groups, working folder, capabilities, what cannot start") {
        an_entrypoint_takes_the_arguments_behind_it,
        arguments_alone_are_a_command,
        a_program_is_found_in_the_images_path,
        other_arguments_take_the_place_of_the_images,
        a_variable_is_set_and_one_of_the_images_replaced,
        a_large_environment_arrives_whole,
        a_user_by_name_has_the_groups_of_the_image,
        a_user_by_number_needs_no_names,
        a_working_folder_that_is_missing_is_made,
        root_has_the_engines_capabilities_or_none,
        what_cannot_start_is_told_in_the_same_words,
    }
    files ("volumes with content, read-only root, tmpfs, files put in, the bound of the disk") {
        a_volume_begins_with_what_the_image_has_and_outlives_the_container,
        what_is_written_elsewhere_is_gone_with_the_container,
        a_read_only_root_is_written_only_where_it_was_said,
        what_stays_writable_is_an_empty_folder_for_everybody,
        a_file_is_put_in_for_everybody_to_read_and_can_be_replaced,
        what_the_engine_leaves_writable_under_a_read_only_root_is_named,
        a_container_that_writes_too_much_is_stopped_and_says_why,
    }
    ends ("signals, exit codes, memory, processes") {
        an_exit_code_is_told,
        the_stop_signal_is_the_images,
        a_first_process_without_a_handler_outlives_sigterm_and_not_sigkill,
        more_memory_than_the_limit_ends_the_container,
        a_fork_bomb_ends_at_the_limit,
    }
    seen ("health, logs, processes") {
        a_check_that_succeeds_makes_it_healthy_after_an_interval,
        a_check_that_fails_makes_it_unhealthy_and_its_output_is_kept,
        without_a_check_there_is_no_health,
        both_streams_are_kept_apart,
        a_line_without_an_end_is_kept,
        the_last_mebibyte_of_a_large_log_is_kept,
        every_process_is_seen_with_its_ids,
        a_process_that_ended_and_nobody_waits_for_is_none,
    }
    network ("names, services, ports, IPv6") {
        a_service_is_reached_by_its_name_and_nothing_else_is_reached,
        localhost_has_both_of_its_addresses,
        a_server_on_loopback_alone_is_not_reached_from_outside,
        any_user_may_listen_on_any_port,
    }
}

#[test]
fn the_page_has_the_counts() {
    let page = include_str!("../../../../docs/engines.md");
    let total: usize = AREAS.iter().map(|(_, count)| count).sum();
    let rows = AREAS.iter().copied().chain([("all", total)]);
    let lines = rows.map(|(about, count)| format!("| {about} | {count} | {count} | {count} |\n"));
    let table =
        format!("| what | embedded | Docker | Podman |\n| --- | --- | --- | --- |\n{}", lines.collect::<String>());
    assert!(page.contains(&table), "docs/engines.md lacks this table:\n{table}");
}
