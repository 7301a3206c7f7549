"""What the multi-model service knows and remembers: its models, their configuration, what was used."""
