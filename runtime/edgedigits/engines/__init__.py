"""Inference engines behind one interface: LiteRT, ONNX Runtime, TFLite Micro."""
