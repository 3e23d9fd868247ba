"""The JSON edge of what acts: the same nouns, services, scoping and permissions as the pages."""
