// Written by edgedigits: ten of MNIST's test digits (LeCun, Cortes and Burges, CC BY-SA 3.0), one of each class.
#ifndef EDGEDIGITS_TEST_DIGITS_H_
#define EDGEDIGITS_TEST_DIGITS_H_

#include <cstdint>

constexpr int kTestDigits = 10;
constexpr int kImageBytes = 28 * 28;

// Grey levels, 0 = paper and 255 = ink, row by row.
extern const uint8_t kTestImages[kTestDigits][kImageBytes];
// What they are, and what the model took them for on the machine that exported it.
extern const int kTestLabels[kTestDigits];
extern const int kExpected[kTestDigits];

#endif  // EDGEDIGITS_TEST_DIGITS_H_
