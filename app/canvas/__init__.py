"""The canvas: tweak lanes and the graph viewer, one Streamlit custom component with a front end of its own."""
