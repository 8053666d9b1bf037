"""What is on disk: the catalog, and the dense and lexical indexes that follow it."""
