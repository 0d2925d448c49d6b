"""The people of the journeys, the shows they go to, and a look behind the scenes."""
