"""What to send: probes are generators that yield calls and are given the exchanges."""
