"""What the sandbox knows, in one SQLite file: SQL stands here and nowhere else."""
