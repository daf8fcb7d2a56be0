"""What django-q2 gets wrong, as reproduced on the pinned version, and the test that holds mailai against each of it."""

from __future__ import annotations

from importlib import import_module

import pytest

HELD = {
    "delivery is at least once: a task may be taken twice": (
        "runs.test_perform.test_it_does_the_work_once_for_two_rings",
        "runs.test_transitions.TestClaim.test_it_takes_a_run_once_however_often_it_rings",
        "runs.test_transitions.test_it_gives_a_run_to_one_of_eight_workers",
    ),
    "the lock of a row runs from when the pusher took it, not from when a worker did": (
        "runs.test_broker.test_it_takes_nothing_while_no_worker_is_free",
        "runs.test_turns.test_a_busy_host_leaves_the_rest_to_others",
    ),
    "an attempt whose worker was killed is not counted, and comes again for ever": (
        "chaos.test_clusters.test_it_gives_up_a_run_that_kills_its_worker_every_time",
    ),
    "the timeout is a SystemExit, which `except Exception` lets pass": (
        "runs.test_perform.test_it_notes_the_hard_limit",
        "runs.test_perform.test_it_ends_even_when_the_end_comes_while_it_fails",
    ),
    "a worker that the guard kills leaves nothing written": (
        "runs.test_worker.test_it_retries_a_run_whose_worker_was_killed",
        "runs.test_rescue.TestLeases.test_it_retries_a_run_whose_worker_is_gone",
    ),
    "an idle worker that is killed holding the queue's lock wedges all, and all looks alive": (
        "runs.test_supervisor.test_it_starts_a_new_cluster_when_the_pulse_stops",
        "chaos.test_chaos.test_it_loses_and_doubles_nothing_while_everything_is_killed",
    ),
    "without its monitor nothing is acknowledged any more": (
        "runs.test_supervisor.test_a_beat_that_was_taken_must_be_acknowledged_however_busy_its_cluster_is",
    ),
    "main ends with 0 when its sentinel was killed, and orphans go on working": (
        "runs.test_worker.test_it_starts_a_whole_new_cluster_when_a_process_above_the_workers_is_killed",
        "runs.test_supervisor.test_it_takes_its_cluster_along_when_it_is_killed",
    ),
    "SIGTERM to the group loses the running task": (
        "runs.test_supervisor.test_it_lets_running_tasks_end_and_leaves_nothing_behind",
        "chaos.test_clusters.test_it_does_each_run_once_with_two_workers_of_which_one_is_stopped",
    ),
    "signal handlers run outside the worker's try, hooks in the monitor": (
        "test_house.test_it_has_no_signals_and_no_imports_inside_functions",
        "runs.test_start.test_it_puts_no_content_into_the_queue",
    ),
    "an unpicklable result, or a task that raises, is run again for ever": (
        "runs.test_perform.test_it_takes_any_ring",
        "runs.test_perform.test_it_fails_for_a_fault_of_ours_without_telling_what_it_was",
    ),
    "a row that cannot be unpacked, or that names nothing, kills the pusher again and again": (
        "runs.test_broker.test_it_drops_a_payload_that_cannot_be_worked_on_and_goes_on",
    ),
    "with Postgres away the pusher sleeps, the monitor dies, and a result that was not saved is acknowledged": (
        "runs.test_broker.test_it_comes_back_when_its_connection_is_cut",
        "runs.test_broker.test_it_acknowledges_on_a_connection_that_was_cut",
        "runs.test_worker.test_it_answers_although_the_database_dropped_the_worker_meanwhile",
    ),
    "the scheduler knows half minutes, and one bad row stops all": (
        "runs.test_broker.test_it_gives_a_delayed_row_when_it_is_due_and_not_before",
        "runs.test_transitions.TestFail.test_it_rings_when_the_retry_is_due_and_not_before",
        "runs.test_periodic.test_what_fails_stops_nothing_else",
    ),
    "failures are never pruned": ("runs.test_prune.test_it_removes_the_rest_of_what_has_had_its_time",),
    "the dequeue polls, in no order, by the app's clock, without an index": (
        "runs.test_broker.test_a_notification_wakes_it",
        "runs.test_broker.test_it_gives_what_has_waited_longest_first",
        "runs.test_transitions.TestClaim.test_it_takes_a_run_of_a_host_whose_clock_is_ahead",
        "runs.test_lanes.test_it_reads_from_indexes_however_much_waits",
    ),
    "IN (SELECT … LIMIT n FOR UPDATE SKIP LOCKED) may take more than n, and two may take one": (
        "runs.test_broker.test_it_gives_as_many_as_can_be_worked_on",
        "runs.test_broker.test_it_never_gives_a_row_twice",
    ),
    "the broker is made before the fork": (
        "runs.test_broker.test_it_listens_anew_in_a_process_that_was_forked",
        "runs.test_broker.test_it_finds_what_was_enqueued_before_it_listened",
    ),
    "who may write the queue's tables in the admin executes any function": (
        "test_admin.test_it_has_no_page_of_the_queue_itself",
    ),
    "a changed SECRET_KEY deletes what waits": (
        "runs.test_worker.test_it_rings_again_when_the_ring_is_lost",
        "runs.test_rescue.TestRings.test_it_rings_for_a_due_run_whose_ring_is_gone",
    ),
}


@pytest.mark.parametrize("fault", HELD)
def test_it_names_tests_that_are_there(fault: str) -> None:
    for name in HELD[fault]:
        parts = name.split(".")
        depth = next(number for number, part in enumerate(parts) if part.startswith("test_")) + 1
        found = import_module(".".join(["tests", *parts[:depth]]))
        for part in parts[depth:]:
            found = getattr(found, part)
        assert callable(found)
