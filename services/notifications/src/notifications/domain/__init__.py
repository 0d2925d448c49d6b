"""What a mail is and what may become of it; plain Python."""
