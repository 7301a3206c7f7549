"""A server that writes HTTP/1.1 byte by byte, so that it can break what frameworks never would."""
