"""Live curves and their legends."""
