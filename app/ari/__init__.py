"""The Asterisk REST Interface: client, typed events, translation, performing, reconciling."""
