"""What `rowlock keys rotate` seals anew: nothing of this service's own.

Holds are without personal data, and the answers stored beside them the chassis knows of itself.
"""

from collections.abc import Sequence

from chassis.resealing import SealedColumn

SEALED: Sequence[SealedColumn] = ()
