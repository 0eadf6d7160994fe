"""Blocks that can be put on the canvas, and the sheet on which they stand."""
