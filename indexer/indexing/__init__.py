"""Brings an index in step with folders of bulletins."""
