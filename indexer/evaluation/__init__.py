"""Datasets, metrics, and runs of the engine over them."""
