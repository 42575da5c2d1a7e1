"""Turns an experiment into a stream of events. Knows no Qt."""

from importlib.metadata import entry_points

for _entry in entry_points(group="kdstudio.engines"):
    _entry.load()  # registers the readers, builders and objectives of other packages
