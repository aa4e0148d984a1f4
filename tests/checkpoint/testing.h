#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_writer.h"
#include "checkpoint/byte_source.h"
#include "checkpoint/state_dict.h"
#include "clipkit/error.h"
#include "support/golden.h"
#include "support/temporary_folder.h"

namespace clipkit::testing {

// Bytes in a heap block of exactly their size, so that a sanitizer sees every access past the end.
inline ByteSource memory_source(std::string_view bytes) {
  std::shared_ptr<char[]> block(new char[bytes.size()]);
  if (!bytes.empty()) std::memcpy(block.get(), bytes.data(), bytes.size());
  return {{reinterpret_cast<const std::byte*>(block.get()), bytes.size()}, block, "test"};
}

inline std::string read_all(const std::filesystem::path& path) {
  return read_file(path, size_t{1} << 30);
}

// The code and message of the Error that work throws; fails the test if it throws none.
struct Caught {
  ErrorCode code{};
  std::string message;
};
template <class Work>
Caught error_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  ADD_FAILURE() << "no error was thrown";
  return {};
}

inline void expect_same(const Tensor& found, const Tensor& expected, const std::string& name) {
  ASSERT_EQ(found.dtype(), expected.dtype()) << name;
  ASSERT_EQ(to_string(found.shape()), to_string(expected.shape())) << name;
  EXPECT_EQ(std::memcmp(found.view().raw(), expected.view().raw(), expected.view().bytes()), 0) << name;
}
inline void expect_same(const StateDict& found, const StateDict& expected) {
  std::vector<std::string> found_names, expected_names;
  for (const auto& [name, tensor] : found) found_names.push_back(name);
  for (const auto& [name, tensor] : expected) expected_names.push_back(name);
  ASSERT_EQ(found_names, expected_names);
  for (const auto& [name, tensor] : expected) expect_same(found.at(name), tensor, name);
}

}  // namespace clipkit::testing
