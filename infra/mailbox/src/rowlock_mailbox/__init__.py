"""The development mailbox: catches every mail over SMTP and shows it to people and tests."""
