// Written by edgedigits for @NAME@: @DESCRIPTION@
// Licence of the model: @LICENCE@. SHA-256 of model.tflite:
// @SHA256@
#ifndef EDGEDIGITS_MODEL_H_
#define EDGEDIGITS_MODEL_H_

// model.tflite, byte for byte; @SIZE@ bytes of flash.
extern const unsigned char g_model[];
extern const unsigned int g_model_len;

// Memory for tensors. Measured with TensorFlow Lite Micro on a 64-bit host (@ARENA@ bytes) and rounded up; a 32-bit
// microcontroller needs less, and arena_used_bytes() tells how much.
constexpr int kArenaBytes = @ARENA_ROUNDED@;

#endif  // EDGEDIGITS_MODEL_H_
