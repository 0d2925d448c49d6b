"""HTTP: routes, what they take and give, and which error is which problem."""
