"""PostgreSQL and Valkey from packages, for the demo and the tests. Never for real patients."""
