"""`rowlock status`: the health of every part, in one screen."""
