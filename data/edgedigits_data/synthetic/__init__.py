"""Synthetic pages whose truth is known: paper, digits, words, clutter and camera, from a seed."""
