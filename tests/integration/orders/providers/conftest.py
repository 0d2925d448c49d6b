"""The providers of the real clients, each with its buyers and banks."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from integration.orders.providers.desk import Desk, opened_desk
from integration.orders.providers.stripe_client import client_of
from integration.orders.providers.worlds import (
    IMPATIENT_S,
    SandboxWorld,
    StripeWorld,
    World,
    sandbox_world,
    stripe_world,
)
from integration.orders.scene import Scene

from orders.clients.stripe import Stripe
from orders.settings import Settings
from support.stripe_stand_in import StripeStandIn, running_stripe
from support.tokens import MintToken


@pytest.fixture(scope="session")
async def one_sandbox() -> AsyncIterator[SandboxWorld]:
    async with sandbox_world() as world:
        yield world


@pytest.fixture
async def a_stripe() -> AsyncIterator[StripeWorld]:
    async with stripe_world() as world:
        yield world


@pytest.fixture(params=["stripe", "sandbox"])
def world(request: pytest.FixtureRequest) -> World:
    return request.getfixturevalue({"stripe": "a_stripe", "sandbox": "one_sandbox"}[request.param])


@pytest.fixture
async def stand_in() -> AsyncIterator[StripeStandIn]:
    async with running_stripe() as stand_in:
        yield stand_in


@pytest.fixture
async def stripe(stand_in: StripeStandIn) -> AsyncIterator[Stripe]:
    stripe = client_of(stand_in)
    yield stripe
    await stripe.close()


@pytest.fixture
async def impatient(stand_in: StripeStandIn) -> AsyncIterator[Stripe]:
    """Who does not wait long for an answer that will not come."""
    stripe = client_of(stand_in, timeout_s=IMPATIENT_S)
    yield stripe
    await stripe.close()


@pytest.fixture
async def desk(
    scene: Scene, world: World, settings: Settings, mint_token: MintToken, tmp_path: Path
) -> AsyncIterator[Desk]:
    """Where Ada pays at the provider of the test."""
    headers = {"Authorization": f"Bearer {mint_token('buyer', subject='ada')}"}
    async with opened_desk(scene, world, settings, headers=headers, secrets=tmp_path) as desk:
        yield desk
