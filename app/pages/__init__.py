"""The pages: each reads its selection from the URL, draws controls and shows results by their type."""
