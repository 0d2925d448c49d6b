"""What one can do in catalog: one verb a file."""
