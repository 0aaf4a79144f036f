"""Benchmarks: each module with a ``run`` is one, and ``python -m tests.bench`` lists them."""
