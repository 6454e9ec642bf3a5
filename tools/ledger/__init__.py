"""`payflow ledger`: the journal looked at from outside."""
