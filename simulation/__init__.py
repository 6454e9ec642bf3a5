"""The whole gateway under a virtual clock: one seed replays everything that happens, with faults."""
