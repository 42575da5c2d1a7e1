"""Turns an experiment into a stream of events. Knows no Qt."""

import logging
from importlib.metadata import entry_points

for _entry in entry_points(group="kdstudio.engines"):
    try:
        _entry.load()  # registers the readers, builders and objectives of other packages
    except Exception as error:  # somebody else's code may raise anything; its kinds are then unknown, ours are not
        logging.getLogger(__name__).warning("%s of an installed package cannot be loaded: %s", _entry.value, error)
