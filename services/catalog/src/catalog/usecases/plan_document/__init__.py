"""Reading the seating-plan documents that pretix's plan editor writes."""
