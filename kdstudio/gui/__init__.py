"""The window: shows a stream of events, and makes an experiment out of clicks. Knows no torch."""
