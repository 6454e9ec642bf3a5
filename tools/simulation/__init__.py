"""`payflow simulate`: the deterministic simulator on the command line."""
