"""Payment providers behind one port: adapters, and the simulated acquirers they talk to."""
