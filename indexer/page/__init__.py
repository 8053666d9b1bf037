"""Parts of the search page; ``app.py`` puts them together."""
