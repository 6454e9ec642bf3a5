"""`payflow bench`: measurements that need no deployment."""
