"""A server that plays recorded exchanges back, byte for byte."""
