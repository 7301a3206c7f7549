"""The only room that opens connections: sends calls within a budget and records exchanges."""
