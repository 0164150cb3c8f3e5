"""Files that users name: opened safely, written whole, and printed harmlessly."""
