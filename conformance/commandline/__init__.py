"""The commands as the command line has them: their options, and what each is for."""
