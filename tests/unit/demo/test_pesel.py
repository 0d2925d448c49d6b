"""The demo's people have numbers that are right and belong to nobody."""

from datetime import date

from stdnum.pl import pesel

from rowlock_demo.pesel import unborn_pesel


def test_number_is_right_by_the_rule_and_of_somebody_not_born_yet():
    born = date(2290, 5, 17)
    numbers = {unborn_pesel(born=born, serial=serial) for serial in range(0, 10_000, 7)}
    assert {pesel.get_birth_date(pesel.validate(number)) for number in numbers} == {born}
    assert len(numbers) == len(range(0, 10_000, 7))
