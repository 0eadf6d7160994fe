"""The parts that pages are made of: controls, figures, views and the live picture of a run."""
