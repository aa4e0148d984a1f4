#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "data/made_pairs.h"
#include "support/temporary_folder.h"

namespace clipkit::testing {

// A folder to build a small copy of a published data set in.
class SetTree {
 public:
  void put(const std::string& name, const std::string& content) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << content;  // not write_file(), which waits for the disk
  }
  void put_picture(const std::string& name, int width = 4) { put(name, made_picture(width, 3, 1)); }
  void copy_golden(const std::string& golden, const std::string& name) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::filesystem::copy_file(std::filesystem::path(CLIPKIT_TEST_DIR) / "golden/data_sets" / golden, folder_ / name);
  }
  std::string path(const std::string& name = "") const {
    return (name.empty() ? folder_.path() : folder_ / name).string();
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace clipkit::testing
