"""A recording proxy on the loopback: passes bytes on as they are, follows the messages in them."""
