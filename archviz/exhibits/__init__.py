"""Exhibits, one file each."""
