"""Facts about a person: each function appends one, with who and when."""
