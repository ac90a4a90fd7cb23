"""The operations, one file per thing."""
