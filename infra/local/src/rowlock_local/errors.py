"""What the launcher says when it cannot go on."""


class LauncherError(Exception):
    """What is wrong, in one sentence, and the way out of it; shown to the person as it is."""


class AlreadyRunning(LauncherError):
    """Another launcher holds this home."""
