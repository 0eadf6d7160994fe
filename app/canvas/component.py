"""What pages use of the canvas."""

from app.canvas.lanes import Chip, Lanes, lanes

__all__ = ["Chip", "Lanes", "lanes"]
