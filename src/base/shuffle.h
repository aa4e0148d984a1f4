#pragma once

#include <utility>

#include "base/random.h"

namespace clipkit {

// Puts the values into an order that is as likely as any other (Fisher and Yates).
template <class Values>
void shuffle(Values& values, Random& random) {
  for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(i)]);
}

}  // namespace clipkit
