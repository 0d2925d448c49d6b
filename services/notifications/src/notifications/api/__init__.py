"""The HTTP edge: nothing for the world, a little for the other services."""
