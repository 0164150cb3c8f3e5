"""Quantization on the frozen graph: calibration set, folding, equalization, GPTQ."""
