"""The site file: agents, devices, queues, entry numbers, policies."""
