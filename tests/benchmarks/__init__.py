"""Benchmarks: plain scripts, each prints JSON with a ratio measured in one run."""
