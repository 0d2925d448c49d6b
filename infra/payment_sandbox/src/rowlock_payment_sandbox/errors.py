"""What the sandbox refuses, each named for what is wrong; its docstring is what the caller reads."""


class Refusal(Exception):
    """The request is refused."""

    @property
    def words(self) -> str:
        return type(self).__doc__ or ""


class PaymentNotFound(Refusal):
    """There is no such payment."""


class PaymentIsNotOpen(Refusal):
    """The payment is open no longer: it was paid, or its page has closed."""


class ExpiryHasPassed(Refusal):
    """`expires_at` must be in the future."""


class CaptureNotFound(Refusal):
    """There is no such capture."""


class RefundNotFound(Refusal):
    """There is no such refund."""


class RefundExceedsCapture(Refusal):
    """The refund is more than what is left of the capture."""


class NoticeNotFound(Refusal):
    """There is no such notice."""


class IdempotencyKeyMissing(Refusal):
    """A POST that makes something needs an Idempotency-Key of 1 to 255 characters."""


class IdempotencyKeyReused(Refusal):
    """The Idempotency-Key was used for another request."""


class ApiKeyWrong(Refusal):
    """Send the API key as `Authorization: Bearer …`."""


class CursorUnknown(Refusal):
    """The cursor is not one that a list gave."""
