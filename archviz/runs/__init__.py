"""Running trials: the store, the engine process, limits."""
