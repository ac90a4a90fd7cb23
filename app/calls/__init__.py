"""Call control: legs and bridges as state machines. Pure."""
