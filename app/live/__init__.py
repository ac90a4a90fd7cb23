"""Live state for screens: snapshot, then numbered deltas."""
