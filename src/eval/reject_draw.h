#pragma once

#include <cstdint>
#include <vector>

#include "data/labelled_set.h"

namespace clipkit {

// One way to part classes into labels and unknown ones, and pictures into those that calibrate and those that are
// judged. Rows below the number of labels are pictures of the known set, those behind them of the other.
struct RejectDraw {
  std::vector<int64_t> given, held_out;              // classes, rising
  std::vector<int64_t> calibration, known, unknown;  // rows

  // The place of a class among those given, or -1.
  int64_t place_of(int32_t label) const noexcept;
};

// How many of the classes are held out; below 1 hold_out is a part of them. Errors: kInvalidArgument if fewer than two
// are left, or for a part of a class.
int64_t num_held_out(double hold_out, int64_t classes);

// A function of its arguments: so many classes are held out, and half of the pictures of the others calibrate. Pictures
// without a label, or with one that is held out and one that is not, are in no part.
RejectDraw draw_unknown(uint64_t number, int64_t num_held_out, int64_t classes,
                        const std::vector<PictureLabels>& labels, int64_t num_others);

}  // namespace clipkit
