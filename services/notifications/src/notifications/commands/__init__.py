"""What operators do with notifications: `rowlock mails`, and its part of `rowlock erase`."""

from notifications.commands.mails import commands

__all__ = ["commands"]
