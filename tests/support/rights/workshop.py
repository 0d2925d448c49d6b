"""Makes the things the matrix asks for, for the people in its columns and for others."""

import asyncio
from dataclasses import dataclass, field, replace

from support.rights import things_of_organizations, things_of_people
from support.rights.cast import Troupe, make_organization
from support.rights.place import Place
from support.rights.table import NOTHING
from support.rights.things import OF_BEARER, OF_ORGANIZATION, OF_PERSON, Thing
from support.stage.account import AccountHolder
from support.stage.person import Person
from support.stage.stage import Stage


@dataclass
class Workshop:
    """The others are a bystander with an account, a guest, and an organization that is a rival.

    Invitations are to a third organization: accepted, they change nobody's rights to the first two.
    """

    stage: Stage
    troupe: Troupe
    home: Place
    rival: Place
    elsewhere: Place
    bystander: AccountHolder
    _of_others: set[str] = field(default_factory=set[str])

    @classmethod
    async def open(cls, stage: Stage, troupe: Troupe) -> "Workshop":
        bystander, rival = await asyncio.gather(stage.register(), stage.register())
        rivals, others = [
            await make_organization(stage, operator=troupe.operator, organizer=organizer)
            for organizer in (rival, bystander)
        ]
        shop = cls(
            stage,
            troupe,
            home=Place(stage, troupe.organizer, troupe.organization_id),
            rival=Place(stage, await rival.log_in_again(), rivals),
            elsewhere=Place(stage, bystander, others),
            bystander=bystander,
        )
        holder, orderer = [await shop.own("hold", "holder"), await shop.own("order", "orderer")]
        shop.troupe = replace(troupe, holder=holder.owner, orderer=orderer.owner)
        return shop

    async def own(self, kind: str, who: str) -> Thing:
        """A new thing of the one in this column."""
        if kind in OF_ORGANIZATION:
            made = await things_of_organizations.MAKERS[kind](self.home)
            return replace(made, owner=self.troupe.play(who))
        return await self._of_person(kind, self.troupe.play(who))

    async def others(self, kind: str) -> list[Thing]:
        """New things of people who are not in the table, one of each kind of people who can have one."""
        if kind == NOTHING:
            return [Thing(self.bystander, "", {})]
        made = [await things_of_organizations.MAKERS[kind](self.rival)] if kind in OF_ORGANIZATION else []
        if kind in (*OF_PERSON, *OF_BEARER):
            guests = {"holder", "orderer"} & set(OF_PERSON.get(kind, ()))
            people = (self.bystander, *(self.stage.guest() for _ in list(guests)[:1]))
            made = [await self._of_person(kind, person) for person in people]
        self._of_others.update(thing.name for thing in made if thing.key)
        return made

    async def _of_person(self, kind: str, person: Person) -> Thing:
        place = self.elsewhere if kind == "invitation" else self.home
        return await things_of_people.MAKERS[kind](place, person)

    def seen_of_others(self, text: str) -> list[str]:
        """The things of others that a text names."""
        return [name for name in self._of_others if name in text]
