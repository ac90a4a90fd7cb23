"""Grafana's dashboards as code. `python -m metrics.dashboards` writes the JSON files that Grafana is provisioned with."""
