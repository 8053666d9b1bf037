"""Languages and scripts: detection, tokens, lexicon."""
