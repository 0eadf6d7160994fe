"""Tweaks, one file each."""
