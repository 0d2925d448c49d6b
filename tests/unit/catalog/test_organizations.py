from uuid import UUID

import pytest

from catalog.domain.organizations import OrganizationForeign, OrganizationRequired, choose_organization

OURS, THEIRS = UUID(int=1), UUID(int=2)


def test_what_an_organizer_of_one_organization_makes_is_that_ones():
    assert OURS == choose_organization(asked=None, own={OURS})


def test_an_organizer_of_several_says_for_which_one():
    assert THEIRS == choose_organization(asked=THEIRS, own={OURS, THEIRS})


def test_an_organizer_of_several_who_does_not_say_is_asked():
    with pytest.raises(OrganizationRequired):
        choose_organization(asked=None, own={OURS, THEIRS})


def test_nobody_makes_anything_for_an_organization_of_others():
    with pytest.raises(OrganizationForeign):
        choose_organization(asked=THEIRS, own={OURS})


@pytest.mark.parametrize("asked", [None, OURS])
def test_an_organizer_of_no_organization_makes_nothing(asked):
    with pytest.raises(OrganizationForeign):
        choose_organization(asked=asked, own=())
