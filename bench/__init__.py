"""Benchmarks: each measures its own floor in the same run and prints one JSON line."""
