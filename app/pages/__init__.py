"""The pages. Not named `pages`: Streamlit takes such a folder for its older kind of pages and calls ours not found."""
