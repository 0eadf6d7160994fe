"""The parts that pages are made of: controls, charts, views and the live picture of a run."""
