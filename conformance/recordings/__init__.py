"""Recordings that other programs made: HAR files, Charles sessions, transcripts of curl."""
