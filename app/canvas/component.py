"""What pages use of the canvas."""

from app.canvas.lanes import Chip, Lanes, lanes
from app.canvas.viewer import Click, Measure, viewer

__all__ = ["Chip", "Click", "Lanes", "Measure", "lanes", "viewer"]
