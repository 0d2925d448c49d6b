"""The HTTP edge: routers, what they take and give, and the problems they answer with."""
