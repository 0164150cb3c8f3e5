// Written by edgedigits for nano: Recognizes one handwritten digit in the form of MNIST.
// Licence of the model: MIT. SHA-256 of model.tflite:
// 9180c1a403bf3371ef47fba3f120826784d664d8b5b94a3aec9c8fc5607bcd04
#ifndef EDGEDIGITS_MODEL_H_
#define EDGEDIGITS_MODEL_H_

// model.tflite, byte for byte; 13424 bytes of flash.
extern const unsigned char g_model[];
extern const unsigned int g_model_len;

// Memory for tensors. Measured with TensorFlow Lite Micro on a 64-bit host (7904 bytes) and rounded up; a 32-bit
// microcontroller needs less, and arena_used_bytes() tells how much.
constexpr int kArenaBytes = 8192;

#endif  // EDGEDIGITS_MODEL_H_
