"""Brings the whole system up, part by part, as fast as what they need of each other allows."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from chassis.provisioning import provision
from rowlock_cli.environment import write_env_file
from rowlock_cli.keys import create_keys, create_payment_sandbox_keys
from rowlock_local.command import Command
from rowlock_local.environment import cli_environment, gateway_url, service_environment
from rowlock_local.errors import LauncherError
from rowlock_local.home import Home
from rowlock_local.log_files import last_lines
from rowlock_local.one_shot import run_to_end
from rowlock_local.parts.gateway import gateway_command
from rowlock_local.parts.mailbox import mailbox_command, mailbox_ports, mailbox_url
from rowlock_local.parts.payment_sandbox import (
    payment_sandbox_command,
    payment_sandbox_ports,
    payment_sandbox_url,
)
from rowlock_local.parts.postgres import DATABASE, admin_url, prepare_postgres
from rowlock_local.parts.rabbitmq import epmd_command, rabbitmq_command
from rowlock_local.parts.rabbitmq_install import ensure_programs
from rowlock_local.parts.services import api_urls, service_commands, service_processes
from rowlock_local.passwords import password
from rowlock_local.ports import claim_ports, require_free
from rowlock_local.progress import Progress
from rowlock_local.settings import SERVICES, LocalSettings
from rowlock_local.supervisor import Supervisor

OWN_PORTS = ("postgres", "amqp", "epmd", "erlang", "gateway-internal")


class System:
    """One local system while it runs."""

    def __init__(
        self,
        *,
        settings: LocalSettings,
        home: Home,
        supervisor: Supervisor,
        progress: Progress,
        checkout: Path,
    ) -> None:
        self.settings = settings
        self.home = home
        self.checkout = checkout
        self._supervisor = supervisor
        self._progress = progress
        self._ports: dict[str, int] = {}
        self._broker_ready = asyncio.Event()

    @property
    def url(self) -> str:
        """The one address a person needs."""
        return gateway_url(self.settings)

    @property
    def mailbox_url(self) -> str | None:
        """Where people read what was sent; None where mail is delivered for real. Known once started."""
        return mailbox_url(self.settings, self._ports)

    @property
    def payment_sandbox_url(self) -> str | None:
        """Where people see what the payment sandbox believes; None without one. Known once started."""
        return payment_sandbox_url(self.settings, self._ports)

    async def start(self) -> None:
        """Start everything and return when all of it is ready. Raises LauncherError."""
        require_free(self.settings.rowlock_port, setting="ROWLOCK_PORT", purpose="the gateway")
        self._ports = self._claim_ports()
        create_keys(self.home.keys)
        create_payment_sandbox_keys(self.home.keys)
        try:
            async with asyncio.TaskGroup() as parts:
                parts.create_task(self._start_rabbitmq())
                parts.create_task(self._start_mailbox())
                parts.create_task(self._start_payment_sandbox())
                parts.create_task(self._start_database_and_services())
        except* LauncherError as errors:
            raise errors.exceptions[0] from None
        # Last, so that it finds its replicas ready and has nothing to complain of.
        await self._start_gateway()

    def _claim_ports(self) -> dict[str, int]:
        mailbox = mailbox_ports(self.home, self.settings)
        sandbox = payment_sandbox_ports(self.home, self.settings)
        processes = (process.name for process in service_processes(self.settings))
        chosen = (
            self.settings.rowlock_port,
            self.settings.rowlock_mailbox_port,
            self.settings.rowlock_payment_sandbox_port,
        )
        names = [*mailbox, *sandbox, *OWN_PORTS, *processes]
        return claim_ports(self.home, names=names, reserved=[port for port in chosen if port])

    async def _start_mailbox(self) -> None:
        if self.mailbox_url:
            await self._start_shown(mailbox_command(self.settings, self._ports))

    async def _start_payment_sandbox(self) -> None:
        if self.payment_sandbox_url:
            command = payment_sandbox_command(self.settings, self.home, self._ports, gateway_url=self.url)
            await self._start_shown(command)

    async def _start_rabbitmq(self) -> None:
        if not self.settings.amqp_url:
            with self._progress.step("rabbitmq", "starting (apt-get installs it first where it is missing)"):
                programs = await ensure_programs(self.home)
                await self._start(epmd_command(programs, ports=self._ports))
                await self._start(rabbitmq_command(self.home, programs, ports=self._ports))
        self._broker_ready.set()

    async def _start_gateway(self) -> None:
        with self._progress.step("gateway", "starting"):
            command = gateway_command(
                self.home,
                source=self.checkout / "gateway",
                web_port=self.settings.rowlock_port,
                internal_port=self._ports["gateway-internal"],
                replicas=api_urls(self.settings, ports=self._ports),
                trusted_proxies=self.settings.gateway_trusted_proxies,
                otlp_endpoint=self.settings.otel_exporter_otlp_endpoint,
                sample_ratio=self.settings.traces_sample_ratio,
            )
            await self._start(command)

    async def _start_database_and_services(self) -> None:
        if self.settings.needs_postgres and not self.settings.postgres_url:
            with self._progress.step("postgres", "starting"):
                await self._start(await self._prepare_postgres())
        database_urls = await self._databases()
        write_env_file(self.home.env_file, self._cli_environment(database_urls))
        with self._progress.step("schemas", "migrating"):
            await asyncio.gather(*(self._migrate(service, database_urls[service]) for service in SERVICES))
        await asyncio.gather(self._start_services("api", database_urls), self._start_workers(database_urls))

    async def _prepare_postgres(self) -> Command:
        processes = len(service_processes(self.settings))
        return await prepare_postgres(self.home, port=self._ports["postgres"], processes=processes)

    async def _start_workers(self, database_urls: Mapping[str, str]) -> None:
        """Every queue exists before the first worker publishes: a message has several consumers."""
        await self._broker_ready.wait()
        with self._progress.step("queues", "declaring"):
            argv = [str(Path(sys.executable).with_name("rowlock")), "declare-queues"]
            await self._run_once("declare-queues", argv, env=self._cli_environment(database_urls))
        await self._start_services("worker", database_urls)

    async def _start_services(self, process_type: str, database_urls: Mapping[str, str]) -> None:
        commands = service_commands(
            self.settings,
            process_type,
            ports=self._ports,
            common=service_environment(self.settings, self.home, self._ports),
            database_urls=database_urls,
        )
        await asyncio.gather(*(self._start_shown(command) for command in commands))

    async def _start(self, command: Command) -> None:
        await self._supervisor.start(command)
        await self._supervisor.ready(command, within_s=self.settings.rowlock_start_s_max)

    async def _start_shown(self, command: Command) -> None:
        with self._progress.step(command.name, "starting"):
            await self._start(command)

    async def _databases(self) -> dict[str, str]:
        """DATABASE_URL of each service; roles and schemas are made where a person gave none."""
        return {
            service: self.settings.database_url(service=service) or await self._provision(service)
            for service in SERVICES
        }

    async def _provision(self, service: str) -> str:
        secret = password(self.home, name=service)
        try:
            return await asyncio.to_thread(provision, self._admin_url(), service, secret, DATABASE)
        except Exception as error:
            raise LauncherError(
                f"The role and schema of {service} could not be made ({error}): "
                "POSTGRES_URL must name a superuser."
            ) from error

    def _admin_url(self) -> str:
        return self.settings.postgres_url or admin_url(self.home, port=self._ports["postgres"])

    async def _migrate(self, service: str, database_url: str) -> None:
        argv = [sys.executable, "-m", "chassis.migrate", service]
        env = {**service_environment(self.settings, self.home, self._ports), "DATABASE_URL": database_url}
        await self._run_once(f"{service}-migrate", argv, env=env)

    async def _run_once(self, name: str, argv: Sequence[str], *, env: Mapping[str, str]) -> None:
        log = self.home.logs / f"{name}.log"
        if await run_to_end(argv, log=log, env=env, cwd=self.checkout) != 0:
            raise LauncherError(f"{name} failed:\n{last_lines(log, count=15)}")

    def _cli_environment(self, database_urls: Mapping[str, str]) -> Mapping[str, str]:
        services = service_environment(self.settings, self.home, self._ports)
        admin_url = self._admin_url() if self.settings.needs_postgres else None
        return cli_environment(self.settings, services, database_urls, admin_url, self._ports)
