"""What the caller hears next: interactive voice response."""
