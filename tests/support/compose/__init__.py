"""The system of compose.yaml, for a suite of its own: started from its images, disturbed, and loaded."""
