"""Pure rules of acting: which step may follow which."""
