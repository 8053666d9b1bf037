"""From a question to hits: query, ranking, relevance, citations, highlights."""
