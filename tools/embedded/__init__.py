"""The embedded target: an emulated cloud and one plain origin in front of it, on this machine."""
