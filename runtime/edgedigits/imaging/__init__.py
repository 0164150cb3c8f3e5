"""Pictures: decoding files, normalizing digits, drawing annotations."""
