"""Every check there is, in the order in which their findings are told."""

from collections.abc import Callable, Iterable

from chassis.inspection import Finding
from rowlock_cli.doctor.checks import (
    agreement,
    connections,
    files,
    postgres,
    production,
    rabbitmq,
    reach,
    stopping,
)
from rowlock_cli.doctor.facts import SystemFacts

Check = Callable[[SystemFacts], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    reach.settings_complete,
    files.key_files_usable,
    files.secret_files_private,
    files.hold_token_keys_fit,
    agreement.processes_told_the_same,
    agreement.gateway_counts_the_same_proxies,
    agreement.clocks_agree,
    stopping.replicas_outlast_idle_connections,
    stopping.stop_fits_grace_period,
    stopping.stopping_replicas_are_taken_out_first,
    connections.connections_suffice,
    postgres.version_recent_enough,
    postgres.takes_writes,
    postgres.roles_have_timeouts,
    postgres.schemas_at_head,
    postgres.commits_survive_a_crash,
    rabbitmq.version_known,
    rabbitmq.queues_exist,
    rabbitmq.queues_have_our_arguments,
    rabbitmq.messages_are_taken,
    reach.gateway_reaches_services,
    reach.access_token_keys_readable,
    production.nothing_for_development,
    production.no_passwords_everybody_knows,
    production.public_url_is_https,
)
"""The name of a check is that of its function, and the first line of its docstring says what it finds."""
