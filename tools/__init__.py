"""The `payflow` command: everything a developer or operator does from a terminal."""
