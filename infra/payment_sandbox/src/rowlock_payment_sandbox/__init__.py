"""The development payment provider: payment pages, test cards, refunds and signed notices, and no money."""
