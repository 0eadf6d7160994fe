"""The screen of archviz: Streamlit pages over the library; nothing here imports torch."""
