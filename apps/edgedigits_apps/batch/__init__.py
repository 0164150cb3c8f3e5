"""Batches of pictures: planned parts and the workers that read them."""
