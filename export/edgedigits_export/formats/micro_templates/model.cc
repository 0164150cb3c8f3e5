// Written by edgedigits for @NAME@: model.tflite, byte for byte.
#include "model.h"

alignas(16) const unsigned char g_model[] = {
@BYTES@
};
const unsigned int g_model_len = @SIZE@;
