"""Who may do what: users, sessions, tokens, permissions and the audit log. README.md has the theory."""
