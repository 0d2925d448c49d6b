"""Keeps the garbage collector away from what lives as long as the process.

A full collection looks at every object there is. Modules, routes and schemas are a few hundred
thousand, and looking at them stops the process for 100 ms and more, several times a minute under
load: half of what a buyer's slowest answer took. Frozen objects are not looked at.
"""

import gc


def spare_long_lived() -> None:
    """Leave everything that exists now out of all later collections.

    Call it when a process is built, or has read something large that it keeps. What is freed by
    its last reference still is; only a cycle that becomes garbage later stays.
    """
    gc.collect()
    gc.freeze()
