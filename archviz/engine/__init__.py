"""Training, capturing, tracing and comparing; knows no architecture by name."""
