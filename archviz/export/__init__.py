"""What leaves archviz: DOT, SVG, CSV."""
