"""Trains the digit classifiers: networks, augmentation, distillation, calibration."""
