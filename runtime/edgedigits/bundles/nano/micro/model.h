// Written by edgedigits for nano: Tells the probability of each digit for a handwritten one in the form of MNIST.
// Licence of the model: MIT. SHA-256 of model.tflite:
// f5a732d468b56ed89b840d133b69e424fe34386820855867bc51e282a69e5b76
#ifndef EDGEDIGITS_MODEL_H_
#define EDGEDIGITS_MODEL_H_

// model.tflite, byte for byte; 14944 bytes of flash.
extern const unsigned char g_model[];
extern const unsigned int g_model_len;

// Memory for tensors. Measured with TensorFlow Lite Micro on a 64-bit host (7904 bytes) and rounded up; a 32-bit
// microcontroller needs less, and arena_used_bytes() tells how much.
constexpr int kArenaBytes = 8192;

#endif  // EDGEDIGITS_MODEL_H_
