"""The page as its users meet it: in a real browser, over the bundled model."""
