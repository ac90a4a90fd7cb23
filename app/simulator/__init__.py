"""Simulated softphones and callers that speak real SIP and RTP."""
