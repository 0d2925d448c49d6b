"""The pages for people: HTML that works without a script."""
