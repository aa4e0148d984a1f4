#include "base/module.h"

#include <gmock/gmock.h>

namespace clipkit {
namespace {

using ::testing::HasSubstr;

TEST(Module, SaysWhyThereIsNone) {
  std::string reason;
  EXPECT_EQ(open_module("clipkit_no_such_module.so", "entry", reason), nullptr);
  EXPECT_THAT(reason, HasSubstr("clipkit_no_such_module.so"));
  EXPECT_THAT(reason, HasSubstr("looked in /"));
  // A library that is there, but no module of clipkit.
  EXPECT_EQ(open_module("libc.so.6", "clipkit_no_such_entry", reason), nullptr);
  EXPECT_EQ(reason, "libc.so.6 has no function clipkit_no_such_entry");
}

}  // namespace
}  // namespace clipkit
