"""One inbox, one writer: the loop that joins brains and shells."""
