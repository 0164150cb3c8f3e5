// Classifies ten digits that are embedded in the program and prints what it thinks of them.
//
// Written by edgedigits for @NAME@. Needs TensorFlow Lite Micro; everything else is in this folder.

#include <cstdint>

#include "model.h"
#include "op_resolver.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_log.h"
#include "tensorflow/lite/micro/system_setup.h"
#include "tensorflow/lite/schema/schema_generated.h"
#include "test_digits.h"

namespace {

alignas(16) uint8_t arena[kArenaBytes];

// Grey levels, 0 = paper and 255 = ink, become the model's int8: the level minus 128.
void Fill(TfLiteTensor* input, const uint8_t* image) {
  for (int i = 0; i < kImageBytes; ++i) {
    input->data.int8[i] = static_cast<int8_t>(image[i] - 128);
  }
}

int Likeliest(const TfLiteTensor* output) {
  int best = 0;
  for (int i = 1; i < 10; ++i) {
    if (output->data.int8[i] > output->data.int8[best]) best = i;
  }
  return best;
}

}  // namespace

int main() {
  tflite::InitializeTarget();
  const tflite::Model* model = tflite::GetModel(g_model);
  if (model->version() != TFLITE_SCHEMA_VERSION) {
    MicroPrintf("The model has schema %d, this library reads %d.", static_cast<int>(model->version()),
                TFLITE_SCHEMA_VERSION);
    return 1;
  }
  OpResolver resolver;
  if (AddOperators(resolver) != kTfLiteOk) return 1;
  tflite::MicroInterpreter interpreter(model, resolver, arena, kArenaBytes);
  if (interpreter.AllocateTensors() != kTfLiteOk) {
    MicroPrintf("The arena of %d bytes is too small.", kArenaBytes);
    return 1;
  }

  int unexpected = 0;
  for (int i = 0; i < kTestDigits; ++i) {
    Fill(interpreter.input(0), kTestImages[i]);
    if (interpreter.Invoke() != kTfLiteOk) return 1;
    const TfLiteTensor* output = interpreter.output(0);
    const int digit = Likeliest(output);
    // A quantized softmax counts in steps of 1/256, from -128.
    const int percent = (output->data.int8[digit] + 128) * 100 / 256;
    MicroPrintf("digit %d: read as %d, %d %%", kTestLabels[i], digit, percent);
    if (digit != kExpected[i]) ++unexpected;
  }
  MicroPrintf("%d of %d as on the machine that exported the model; arena used: %d bytes",
              kTestDigits - unexpected, kTestDigits, static_cast<int>(interpreter.arena_used_bytes()));
  return unexpected;
}
