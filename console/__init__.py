"""The face: arguments in, text, page or file out."""
