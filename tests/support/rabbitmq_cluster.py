"""A cluster of three nodes of the system's RabbitMQ on this machine, and the means to hurt it."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rowlock_local.command import Command
from rowlock_local.home import Home
from rowlock_local.parts.rabbitmq import amqp_url, environment, epmd_command, rabbitmq_command
from rowlock_local.parts.rabbitmq_install import RabbitPrograms, ensure_programs
from rowlock_local.ports import claim_ports
from support.tcp_proxy import TcpProxy
from support.waiting import wait_until

NODES = 3
COOKIE = "rowlock-tests-only"
START_S_MAX = 180


class Balancer(TcpProxy):
    """One address for all nodes, as a balancer or a name with all their addresses: one that refuses is
    passed over, and the next connection begins with the next node.
    """

    def __init__(self, ports: list[int]) -> None:
        self._ports = ports
        super().__init__("127.0.0.1", ports[0])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in self._ports:
            self._ports.append(self._ports.pop(0))
            try:
                _, probe = await asyncio.open_connection("127.0.0.1", self._ports[0])
            except OSError:
                continue
            probe.close()
            self._target = ("127.0.0.1", self._ports[0])
            await super()._serve(reader, writer)
            return
        writer.close()


@dataclass
class Node:
    """One node: a home of its own, ports of its own."""

    home: Home
    command: Command
    ports: dict[str, int]
    process: asyncio.subprocess.Process | None = None

    @property
    def name(self) -> str:
        return environment(self.home.rabbitmq.resolve(), self.ports)["RABBITMQ_NODENAME"]


@dataclass
class Cluster:
    """`amqp_url` leads to any node that is there."""

    nodes: list[Node]
    programs: RabbitPrograms
    amqp_url: str

    async def start(self, node: Node) -> None:
        with (node.home.logs / "rabbitmq.log").open("ab") as out:
            node.process = await asyncio.create_subprocess_exec(
                *node.command.child_argv(), env=node.command.env, stdout=out, stderr=out, process_group=0
            )
        await wait_until(node.command.ready, deadline_s=START_S_MAX, what=f"{node.name} answers")

    async def kill(self, node: Node) -> None:
        """As a power cut."""
        assert node.process is not None
        os.killpg(node.process.pid, 9)
        await node.process.wait()
        node.process = None

    async def control(self, *arguments: str, of: Node | None = None) -> str:
        """What rabbitmqctl says, asked of a node (the first that runs)."""
        node = of or next(node for node in self.nodes if node.process)
        return await asyncio.to_thread(
            subprocess.check_output,
            (self.programs.server.with_name("rabbitmqctl"), "--quiet", *arguments),
            env={**os.environ, **environment(node.home.rabbitmq.resolve(), node.ports)},
            text=True,
        )

    async def leader_of(self, queue: str) -> Node:
        """The node that leads a quorum queue."""
        rows = (await self.control("list_queues", "name", "leader", "--no-table-headers")).splitlines()
        leader = next(row.split("\t")[1] for row in rows if row.split("\t")[0] == queue)
        return next(node for node in self.nodes if node.name == leader)


@asynccontextmanager
async def rabbitmq_cluster(folder: Path) -> AsyncIterator[Cluster]:
    """Three nodes that found each other; a user and a vhost as everywhere. All are ended with the block."""
    homes = [Home(folder / f"node-{number}") for number in range(1, NODES + 1)]
    for home in homes:
        home.create()
    programs = await ensure_programs(homes[0])
    epmd = claim_ports(homes[0], names=["epmd"])["epmd"]
    reserved: set[int] = {epmd}
    nodes: list[Node] = []
    for home in homes:
        ports = {**claim_ports(home, names=["erlang", "amqp"], reserved=reserved), "epmd": epmd}
        reserved |= set(ports.values())
        nodes.append(Node(home, rabbitmq_command(home, programs, ports=ports), ports))
    _join(nodes)
    name_server = epmd_command(programs, ports=nodes[0].ports)
    epmd_process = await asyncio.create_subprocess_exec(*name_server.child_argv(), env=name_server.env)
    balancer = Balancer([node.ports["amqp"] for node in nodes])
    try:
        await wait_until(name_server.ready, deadline_s=20, what="epmd answers")
        await balancer.open()
        cluster = Cluster(nodes, programs, amqp_url(homes[0], port=balancer.port))
        await asyncio.gather(*(cluster.start(node) for node in nodes))
        yield cluster
    finally:
        await balancer.refuse()
        for node in nodes:
            if node.process:
                os.killpg(node.process.pid, 9)
                await node.process.wait()
        epmd_process.terminate()
        await epmd_process.wait()


def _join(nodes: list[Node]) -> None:
    """Who belongs together, with one cookie and one user: the first node's."""
    first = (nodes[0].home.rabbitmq / "rabbitmq.conf").read_text()
    default_pass = next(line for line in first.splitlines() if line.startswith("default_pass"))
    members = "".join(
        f"cluster_formation.classic_config.nodes.{number} = {node.name}\n"
        for number, node in enumerate(nodes, 1)
    )
    for node in nodes:
        folder = node.home.rabbitmq
        configuration = folder / "rabbitmq.conf"
        lines = [
            default_pass if line.startswith("default_pass") else line
            for line in configuration.read_text().splitlines()
        ]
        discovery = "cluster_formation.peer_discovery_backend = classic_config\n"
        configuration.write_text("\n".join(lines) + "\n" + discovery + members)
        cookie = folder / ".erlang.cookie"
        cookie.write_text(COOKIE)
        cookie.chmod(0o400)
