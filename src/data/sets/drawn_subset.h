#pragma once

#include <memory>

#include "data/labelled_set.h"

namespace clipkit {

// A part of the pictures, for sets whose split is not published. Each picture of a class (or of all) gets a place in a
// permutation that depends on their number alone; those with places skip <= p < skip + count are kept, in their old
// order. So parts with other places have no picture in common, and everybody draws the same.
struct Draw {
  bool of_each_class = true;
  int64_t skip = 0;
  int64_t count = -1;  // -1: all that follow
};

// Errors: kCorrupt if a class has fewer than skip + count pictures; name begins the message.
std::unique_ptr<LabelledReader> draw_subset(std::unique_ptr<LabelledReader> reader, const Draw& draw,
                                            const std::string& name);

}  // namespace clipkit
