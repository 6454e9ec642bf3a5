"""One module a use case; each calls the domain and the ports, never an adapter."""
