"""The page reader: from a picture to rows of digits."""
