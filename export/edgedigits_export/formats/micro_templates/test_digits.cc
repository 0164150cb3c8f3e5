// Written by edgedigits: see test_digits.h.
#include "test_digits.h"

const int kTestLabels[kTestDigits] = {@LABELS@};
const int kExpected[kTestDigits] = {@EXPECTED@};

const uint8_t kTestImages[kTestDigits][kImageBytes] = {
@IMAGES@
};
