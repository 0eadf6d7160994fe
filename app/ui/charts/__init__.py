"""Charts: numbers to Vega-Lite specs, as plain dictionaries. Pure functions, no Streamlit and no Altair at run time."""
