"""Idle connections and stops: who closes first, and whether a process has the time to end in order."""

from collections import Counter
from collections.abc import Iterator

from chassis.inspection import Finding
from rowlock_cli.doctor.facts import SystemFacts
from rowlock_cli.looks.replicas import ReplicaSight

AFTER_DRAIN_S = 8.0
"""What a process does besides, at most: the relay's last batch, connections closed, a margin for each."""
NOTICE_S_MIN = 2.0
"""Two looks of the gateway at /readyz."""


def replicas_outlast_idle_connections(facts: SystemFacts) -> Iterator[Finding]:
    """KEEP_ALIVE_S not longer than the gateway's idle timeout: a write may meet a closing connection."""
    idle_s = facts.operator.gateway_idle_timeout_s
    short = {
        each.name: told
        for each in facts.telling
        if each.process_type == "api" and (told := each.setting("KEEP_ALIVE_S")) and told <= idle_s
    }
    if short:
        words = ", ".join(f"{name} {told} s" for name, told in sorted(short.items()))
        yield Finding(
            setting="KEEP_ALIVE_S",
            wrong=f"{words}; the gateway keeps idle connections for {idle_s:g} s, and must be the first to "
            "close them",
            remedy=f"set it to {idle_s + 15:.0f}, or lower idleConnTimeout in the gateway's traefik.yaml",
        )


def stop_fits_grace_period(facts: SystemFacts) -> Iterator[Finding]:
    """DRAIN_NOTICE_S and DRAIN_S that take longer than a process is given to stop."""
    grace_s = facts.operator.stop_grace_s
    if grace_s is None:
        return
    long = {
        each.name: needed
        for each in facts.telling
        if (needed := _setting(each, "DRAIN_NOTICE_S") + _setting(each, "DRAIN_S") + AFTER_DRAIN_S) > grace_s
    }
    if long:
        words = ", ".join(f"{name} {needed:g} s" for name, needed in sorted(long.items()))
        yield Finding(
            setting="DRAIN_S",
            wrong=f"a stop may take {words} (DRAIN_NOTICE_S + DRAIN_S + {AFTER_DRAIN_S:g}), and is cut off "
            f"after {grace_s:g} s",
            remedy=f"give {max(long.values()):g} s (stop_grace_period, terminationGracePeriodSeconds, and "
            "STOP_GRACE_S for this command), or lower DRAIN_S",
        )


def stopping_replicas_are_taken_out_first(facts: SystemFacts) -> Iterator[Finding]:
    """Production: an api that stops at once, before the gateway has seen that it is not ready any more."""
    if not facts.is_production:
        return
    apis = [each for each in facts.telling if each.process_type == "api"]
    several = {name for name, count in Counter(each.name for each in apis).items() if count > 1}
    hasty = sorted(
        {
            each.name
            for each in apis
            if each.name in several and _setting(each, "DRAIN_NOTICE_S") < NOTICE_S_MIN
        }
    )
    if hasty:
        yield Finding(
            setting="DRAIN_NOTICE_S",
            wrong=f"{', '.join(hasty)}: shorter than two looks of the gateway at /readyz "
            f"({NOTICE_S_MIN:g} s), which sends requests to replicas that are gone",
            remedy="set it to 4",
        )


def _setting(replica: ReplicaSight, name: str) -> float:
    return float(replica.setting(name) or 0.0)
