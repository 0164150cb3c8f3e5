"""The artifacts: TFLite, ONNX and C, with their metadata and names."""
