// Written by edgedigits for @NAME@: the operators that its model uses, and no others.
#ifndef EDGEDIGITS_OP_RESOLVER_H_
#define EDGEDIGITS_OP_RESOLVER_H_

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

using OpResolver = tflite::MicroMutableOpResolver<@COUNT@>;

inline TfLiteStatus AddOperators(OpResolver& resolver) {
@LINES@
  return kTfLiteOk;
}

#endif  // EDGEDIGITS_OP_RESOLVER_H_
