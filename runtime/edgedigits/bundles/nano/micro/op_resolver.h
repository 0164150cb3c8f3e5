// Written by edgedigits for nano: the operators that its model uses, and no others.
#ifndef EDGEDIGITS_OP_RESOLVER_H_
#define EDGEDIGITS_OP_RESOLVER_H_

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

using OpResolver = tflite::MicroMutableOpResolver<4>;

inline TfLiteStatus AddOperators(OpResolver& resolver) {
  TF_LITE_ENSURE_STATUS(resolver.AddConv2D());
  TF_LITE_ENSURE_STATUS(resolver.AddReshape());
  TF_LITE_ENSURE_STATUS(resolver.AddFullyConnected());
  TF_LITE_ENSURE_STATUS(resolver.AddSoftmax());
  return kTfLiteOk;
}

#endif  // EDGEDIGITS_OP_RESOLVER_H_
