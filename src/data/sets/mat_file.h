#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace clipkit {

// A numeric variable of a MATLAB file, its first index running fastest. 8-bit numbers are in `bytes`, others in
// `numbers`.
struct MatArray {
  std::vector<size_t> shape;
  std::vector<uint8_t> bytes;
  std::vector<double> numbers;
  std::string text;  // or characters
};

// Read through matio, a module of its own. Errors: kNotFound, kUnsupported (clipkit was built without it), kCorrupt
// (not such a file, no such variable, more than 4 GB).
MatArray read_mat(const std::filesystem::path& path, const char* variable);
// The field of every struct of an array of structs.
std::vector<MatArray> read_mat_field(const std::filesystem::path& path, const char* variable, const char* field);
// An array of whole numbers. Further errors: kCorrupt for others.
std::vector<int64_t> read_mat_integers(const std::filesystem::path& path, const char* variable);
int64_t mat_integer(const MatArray& array, const std::string& place);

// Whether matio is there.
bool can_read_mat() noexcept;

}  // namespace clipkit
