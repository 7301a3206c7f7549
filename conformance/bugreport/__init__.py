"""Bug reports: a finding becomes Markdown for whoever maintains the server."""
