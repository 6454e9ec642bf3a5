"""Live traffic through the HTTP API: a realistic mix at a steady rate, and what came of it."""
