"""The demo: draws example venues, loads events through the gateway and walks a buyer through them."""
