"""What `rowlock keys rotate` seals anew here: nothing but the stored answers, which the chassis adds."""

from collections.abc import Sequence

from chassis.resealing import SealedColumn

SEALED: Sequence[SealedColumn] = ()
