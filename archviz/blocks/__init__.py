"""Parts that more than one architecture uses, or that can be assembled on the canvas."""
