"""`rowlock doctor`."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from chassis.inspection import Finding
from rowlock_cli.asking import DEADLINE_S, DeadlineOption
from rowlock_cli.doctor.checks import CHECKS
from rowlock_cli.doctor.facts import SystemFacts
from rowlock_cli.doctor.gathering import gather_facts
from rowlock_cli.services import say_where_no_system_is_known

# 2 is a command that was typed wrong, here as everywhere.
FOUND, NOT_ASKED = 1, 3

commands = typer.Typer()


@commands.command()
def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
    deadline_s: DeadlineOption = DEADLINE_S,
) -> None:
    """Say what is misconfigured: by which setting, what is wrong, what to do (docs/doctor.md).

    Exit code 1: something was found. 3: nothing was, but something could not be asked.
    """
    say_where_no_system_is_known()
    facts = gather_facts(deadline_s=deadline_s)
    found, not_asked = examine(facts), facts.unanswered()
    typer.echo(json.dumps(document(found, not_asked)) if as_json else words(found, not_asked))
    if found:
        raise typer.Exit(FOUND)
    if not_asked:
        raise typer.Exit(NOT_ASKED)


def examine(facts: SystemFacts) -> dict[str, list[Finding]]:
    """What each check finds, by its name; without those that find nothing."""
    found = {check.__name__: list(check(facts)) for check in CHECKS}
    found |= {
        name: list(findings)
        for name, findings in facts.own_findings.items()
        if not isinstance(findings, Exception)
    }
    return {name: findings for name, findings in found.items() if findings}


def words(found: Mapping[str, Sequence[Finding]], not_asked: Mapping[str, str]) -> str:
    """Three lines for each finding, and one for each part that could not be asked."""
    lines = [
        line
        for name, findings in found.items()
        for each in findings
        for line in (f"{each.setting}  [{name}]", f"  wrong:  {each.wrong}", f"  do:     {each.remedy}", "")
    ]
    lines += [f"could not ask {part}: {why}" for part, why in not_asked.items()]
    count = sum(map(len, found.values()))
    verdict = f"{count} found" if count else "Nothing is misconfigured"
    return "\n".join([*lines, f"{verdict}{' as far as could be asked' if not_asked else ''}."])


def document(found: Mapping[str, Sequence[Finding]], not_asked: Mapping[str, str]) -> dict[str, object]:
    """What programs read."""
    return {
        "findings": [
            {"check": name, "setting": each.setting, "wrong": each.wrong, "remedy": each.remedy}
            for name, findings in found.items()
            for each in findings
        ],
        "not_asked": dict(not_asked),
    }
