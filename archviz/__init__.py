"""See why neural architectures are built the way they are."""
