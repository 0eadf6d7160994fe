"""The chapters of the book, one declaration each."""
