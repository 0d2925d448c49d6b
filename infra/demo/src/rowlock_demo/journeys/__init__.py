"""The walks of the demo, one a journey. Each leaves the seats as it found them, so it can run again."""
