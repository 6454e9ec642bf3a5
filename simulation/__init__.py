"""The whole gateway under a virtual clock: one seed replays all that happens, with faults."""
