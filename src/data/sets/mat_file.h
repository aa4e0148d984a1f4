#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace clipkit {

// A variable of a MATLAB file, its first index running fastest. Numbers of 8 bits are in `bytes`, others in `numbers`,
// characters in `text`; whatever is not ASCII there is '?'.
struct MatArray {
  std::vector<size_t> shape;
  std::vector<uint8_t> bytes{};
  std::vector<double> numbers{};
  std::string text{};
};

// Reads version 5 to 7 of the format ("MAT-File Format", MathWorks), little-endian, packed or not: arrays of numbers
// and characters, and fields of structs, as data sets use them. Errors: kNotFound, kIo, kCorrupt (no such variable,
// damaged, more than 4 GB), kUnsupported (version 7.3, which is HDF5; version 4; other arrays).
MatArray read_mat(const std::filesystem::path& path, const char* variable);
// The field of every struct of an array of structs.
std::vector<MatArray> read_mat_field(const std::filesystem::path& path, const char* variable, const char* field);
// An array of whole numbers. Further errors: kCorrupt for others.
std::vector<int64_t> read_mat_integers(const std::filesystem::path& path, const char* variable);
// The one number of an array. Errors: kCorrupt, place first.
int64_t mat_integer(const MatArray& array, const std::string& place);

}  // namespace clipkit
