"""REST interface of the service."""
