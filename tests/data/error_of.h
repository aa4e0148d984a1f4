#pragma once

#include <gtest/gtest.h>

#include "clipkit/error.h"

namespace clipkit::testing {

// The error that the work ends with; fails the test if there is none.
template <class Work>
Error error_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {ErrorCode::kIo, ""};
}

}  // namespace clipkit::testing
