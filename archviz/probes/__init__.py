"""Probes, one file each."""
