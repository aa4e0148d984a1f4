#include "clipkit/npy.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <random>
#include <string>

#include "base/concat.h"
#include "base/file_writer.h"
#include "clipkit/error.h"
#include "support/temporary_folder.h"

namespace clipkit {
namespace {

class Npy : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_ / "a.npy"; }
  // A file with this header and data, of this version.
  static std::string file_of(const std::string& header, const std::string& data = {}, char version = 1) {
    std::string file = "\x93NUMPY";
    file += {version, 0, static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
    if (version > 1) file += std::string(2, '\0');
    return file + header + data;
  }
  Tensor read(const std::string& bytes) {
    std::ofstream(path(), std::ios::binary) << bytes;  // unlike write_file, does not wait for the disk
    return read_npy(path());
  }
  // The code of the error that reading the bytes gives.
  ErrorCode refused(const std::string& bytes) {
    try {
      read(bytes);
    } catch (const Error& error) {
      EXPECT_EQ(std::string_view(error.what()).find(path().string()), 0u) << error.what();
      return error.code();
    }
    ADD_FAILURE() << "was read";
    return {};
  }

  testing::TemporaryFolder folder_;
};

TEST_F(Npy, WritesWhatItReads) {
  for (const DType dtype :
       {DType::kFloat32, DType::kFloat16, DType::kFloat64, DType::kInt64, DType::kInt32, DType::kInt16, DType::kInt8,
        DType::kUInt64, DType::kUInt32, DType::kUInt16, DType::kUInt8, DType::kBool}) {
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{0}, Shape{2, 3}, Shape{2, 0, 5}, Shape{1, 2, 3, 4, 5}}) {
      const Tensor tensor = Tensor::zeros(shape, dtype);
      auto* bytes = static_cast<unsigned char*>(tensor.view().raw());
      for (size_t i = 0; i < tensor.view().bytes(); ++i)
        bytes[i] = static_cast<unsigned char>(dtype == DType::kBool ? i % 2 : i);
      write_npy(path(), tensor);
      const Tensor back = read_npy(path());
      EXPECT_EQ(back.dtype(), dtype);
      EXPECT_EQ(to_string(back.shape()), to_string(shape));
      EXPECT_EQ(std::memcmp(back.view().raw(), bytes, tensor.view().bytes()), 0);
    }
  }
}

TEST_F(Npy, WritesTheBytesThatNumPyWrites) {
  Tensor tensor = Tensor::zeros({2}, DType::kInt16);
  tensor.data<int16_t>()[1] = 258;
  write_npy(path(), tensor);
  std::string header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }";
  header.resize(117, ' ');  // with what stands before it and the line feed: 128 bytes
  EXPECT_EQ(clipkit::read_file(path(), 1000), file_of(header + "\n", std::string("\0\0\2\1", 4)));
}

TEST_F(Npy, ReadsEveryVersionAndSpelling) {
  const std::string data("\0\0\x80\x3f\0\0\0\x40", 8);
  for (const char version : {1, 2, 3}) {
    EXPECT_EQ(
        read(file_of("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", data, version)).data<float>()[1],
        2.0f);
  }
  EXPECT_EQ(read(file_of("{'shape':(1,2),'fortran_order':False,'descr':'<f4'}", data)).shape(), (Shape{1, 2}));
  EXPECT_EQ(read(file_of("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", data)).shape(), Shape{});
  EXPECT_EQ(read(file_of("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 0), }")).num_elements(), 0);
}

TEST_F(Npy, RefusesWhatItDoesNotKnow) {
  const auto header = [](const char* descr, const char* order) {
    return concat("{'descr': ", descr, ", 'fortran_order': ", order, ", 'shape': (1,), }");
  };
  EXPECT_EQ(refused(file_of(header("'>f4'", "False"), "1234")), ErrorCode::kUnsupported);
  EXPECT_EQ(refused(file_of(header("'|O'", "False"), "1234")), ErrorCode::kUnsupported);
  EXPECT_EQ(refused(file_of(header("[('a', '<f4')]", "False"), "1234")), ErrorCode::kUnsupported);
  EXPECT_EQ(refused(file_of(header("'<f4'", "True"), "1234")), ErrorCode::kUnsupported);
  EXPECT_THROW(write_npy(path(), Tensor::zeros({1}, DType::kBFloat16)), Error);
}

TEST_F(Npy, RefusesFilesThatLie) {
  const auto shaped = [](const std::string& shape) {
    return file_of("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }", "1234");
  };
  EXPECT_NO_THROW(read(shaped("(1,)")));
  for (const char* shape :
       {"(2,)", "(-1,)", "(1", "1", "(a,)", "(1.5,)", "(99999999999999999999,)", "(4611686018427387904, 4)",
        "(1,1,1,1,1,1,1,1,1)", "(3037000500, 3037000500)", "(9223372036854775807,)"}) {
    EXPECT_EQ(refused(shaped(shape)), ErrorCode::kCorrupt) << shape;
  }
  EXPECT_EQ(refused(""), ErrorCode::kCorrupt);
  EXPECT_EQ(refused("not numpy, but long enough"), ErrorCode::kCorrupt);
  EXPECT_EQ(refused(file_of("{'descr': '<f4'}")), ErrorCode::kCorrupt);
  EXPECT_EQ(refused(file_of("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "1234", 4)),
            ErrorCode::kCorrupt);
  std::string longer = shaped("(1,)");
  longer[9] = 1;  // the header's length, beyond the file
  EXPECT_EQ(refused(longer), ErrorCode::kCorrupt);
}

TEST_F(Npy, IsRefusedWhenTruncatedAtAnyByte) {
  write_npy(path(), Tensor::zeros({3, 2}));
  const std::string file = clipkit::read_file(path(), 1000);
  for (size_t length = 0; length < file.size(); ++length)
    EXPECT_EQ(refused(file.substr(0, length)), ErrorCode::kCorrupt) << length;
}

TEST_F(Npy, DoesNoHarmWithBytesChanged) {
  write_npy(path(), Tensor::zeros({3, 2}));
  const std::string file = clipkit::read_file(path(), 1000);
  std::mt19937 random(3);
  for (int run = 0; run < 500; ++run) {
    std::string damaged = file;
    for (int change = 0; change < 1 + run % 3; ++change) damaged[random() % 80] = static_cast<char>(random());
    try {
      read(damaged);
    } catch (const Error&) {
    }
  }
}

TEST_F(Npy, SaysWhenThereIsNoFile) {
  EXPECT_THROW(read_npy(folder_ / "nothing.npy"), Error);
}

}  // namespace
}  // namespace clipkit
