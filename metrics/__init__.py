"""What the figures mean, and how they are measured. README.md has the picture and the decisions behind it."""
