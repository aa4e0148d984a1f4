#include "data/pair_identity.h"

#include <gtest/gtest.h>

#include "base/concat.h"
#include "base/file_writer.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

using testing::TemporaryFolder;

// The identity of a folder of pairs with these names.
PairIdentity identity_of_names(const std::vector<std::string>& names, std::string_view content = "P") {
  const TemporaryFolder folder;
  for (const std::string& name : names) {
    write_file(folder / (name + ".jpg"), content);
    write_file(folder / (name + ".txt"), "a caption");
  }
  return identity_of(*open_pairs(folder.path().string()));
}

TEST(PairIdentity, StaysWhereverThePairsLie) {
  const PairIdentity identity = identity_of_names({"a", "b", "c"});
  EXPECT_EQ(identity.size, 3);
  EXPECT_EQ(identity, identity_of_names({"a", "b", "c"}));
  EXPECT_EQ(identity, identity_of_names({"a", "b", "c"}, "Q")) << "content is not read";
}

TEST(PairIdentity, ChangesWithNamesAndTheirNumber) {
  const PairIdentity identity = identity_of_names({"a", "b", "c"});
  EXPECT_NE(identity, identity_of_names({"a", "b"}));
  EXPECT_NE(identity, identity_of_names({"a", "b", "d"}));
  EXPECT_NE(identity_of_names({"a"}), identity_of_names({"b"}));
}

TEST(PairIdentity, ChangesWithTheOrderAndWeightOfSources) {
  const TemporaryFolder folder;
  for (const char* part : {"x", "y"}) {
    std::filesystem::create_directories(folder / part);
    write_file(folder / concat(part, "/", part, ".jpg"), "P");
    write_file(folder / concat(part, "/", part, ".txt"), "a caption");
  }
  const std::string x = (folder / "x").string(), y = (folder / "y").string();
  const PairIdentity identity = identity_of(*open_pairs(x + "::" + y));
  EXPECT_NE(identity, identity_of(*open_pairs(y + "::" + x)));
  EXPECT_NE(identity, identity_of(*open_pairs(x + "::" + y, {.weights = {1, 2}})));
  EXPECT_EQ(identity, identity_of(*open_pairs(x + "::" + y, {.weights = {1, 1}})));
}

TEST(PairIdentity, LooksAtTheFirstAndTheLastOfMany) {
  const TemporaryFolder folder;
  write_file(folder / "a.jpg", "A");
  write_file(folder / "b.jpg", "B");
  const auto identity_with_b_at = [&](int place) {
    std::string list = "filepath\ttitle\n";
    for (int i = 0; i < 700; ++i) list += i == place ? "b.jpg\tx\n" : "a.jpg\tx\n";
    write_file(folder / "list.tsv", list);
    return identity_of(*open_pairs((folder / "list.tsv").string()));
  };
  const PairIdentity identity = identity_with_b_at(-1);
  EXPECT_NE(identity, identity_with_b_at(0));
  EXPECT_NE(identity, identity_with_b_at(699));
}

}  // namespace
}  // namespace clipkit
