"""What the interface shows and takes: one shape per thing, for REST and for the live stream alike."""
