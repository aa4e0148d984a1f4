#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A second opinion on what src/export writes: Protocol Buffers read back field by field, knowing nothing of the writer.

namespace clipkit::testing {

// Every field of a message: numbers, and the content of what has a length.
struct ReadMessage {
  std::multimap<int, uint64_t> numbers;
  std::multimap<int, std::string_view> contents;

  explicit ReadMessage(std::string_view bytes) {
    while (!bytes.empty()) {
      const uint64_t tag = varint(bytes);
      const int field = static_cast<int>(tag >> 3);
      if ((tag & 7) == 0) {
        numbers.emplace(field, varint(bytes));
      } else if ((tag & 7) == 2) {
        contents.emplace(field, take(bytes, varint(bytes)));
      } else if ((tag & 7) == 5) {
        uint32_t bits = 0;
        std::memcpy(&bits, take(bytes, 4).data(), 4);
        numbers.emplace(field, bits);
      } else {
        throw std::runtime_error("a wire type that ONNX has no use for");
      }
    }
  }

  int64_t number(int field) const { return static_cast<int64_t>(only(numbers, field)); }
  std::string text(int field) const { return std::string(only(contents, field)); }
  std::string_view content(int field) const { return only(contents, field); }
  ReadMessage message(int field) const { return ReadMessage(only(contents, field)); }
  std::vector<ReadMessage> messages(int field) const {
    std::vector<ReadMessage> result;
    for (const std::string_view bytes : all(contents, field)) result.emplace_back(bytes);
    return result;
  }
  std::vector<std::string> texts(int field) const {
    const auto found = all(contents, field);
    return {found.begin(), found.end()};
  }
  std::vector<int64_t> integers(int field) const {
    const auto found = all(numbers, field);
    return {found.begin(), found.end()};
  }

 private:
  static uint64_t varint(std::string_view& bytes) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(bytes, 1)[0]);
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    throw std::runtime_error("a number of more than ten bytes");
  }
  static std::string_view take(std::string_view& bytes, uint64_t count) {
    if (count > bytes.size()) throw std::runtime_error("a field that goes past the end");
    const std::string_view taken = bytes.substr(0, count);
    bytes.remove_prefix(count);
    return taken;
  }
  template <class T>
  static std::vector<T> all(const std::multimap<int, T>& fields, int field) {
    std::vector<T> result;
    for (auto [i, end] = fields.equal_range(field); i != end; ++i) result.push_back(i->second);
    return result;
  }
  template <class T>
  static T only(const std::multimap<int, T>& fields, int field) {
    if (fields.count(field) != 1) throw std::runtime_error("a field that is not there once: " + std::to_string(field));
    return fields.find(field)->second;
  }
};

// The parts of onnx.proto3 that tests ask for.
struct ReadOnnx {
  struct Tensor {
    std::vector<int64_t> sizes;
    int64_t type = 0;
    std::string_view data;                        // within the model
    std::map<std::string, std::string> external;  // or where it lies
  };

  explicit ReadOnnx(std::string file) : bytes(std::move(file)), model(bytes), graph(model.message(7)) {
    for (const ReadMessage& tensor : graph.messages(5)) {
      Tensor& read = tensors[tensor.text(8)];
      read = {.sizes = tensor.integers(1), .type = tensor.number(2), .data = {}, .external = entries(tensor, 13)};
      if (read.external.empty()) read.data = tensor.content(9);
    }
  }
  ReadOnnx(const ReadOnnx&) = delete;  // views of its bytes are everywhere
  ReadOnnx& operator=(const ReadOnnx&) = delete;

  static std::map<std::string, std::string> entries(const ReadMessage& message, int field) {
    std::map<std::string, std::string> result;
    for (const ReadMessage& entry : message.messages(field)) result.emplace(entry.text(1), entry.text(2));
    return result;
  }
  // "name: 1 x 3 x free" of each input (11) or output (12).
  std::vector<std::string> ports(int field) const {
    std::vector<std::string> result;
    for (const ReadMessage& port : graph.messages(field)) {
      std::string text = port.text(1) + ":";
      for (const ReadMessage& size : port.message(2).message(1).message(2).messages(1)) {
        text += " " + (size.numbers.empty() ? size.text(2) : std::to_string(size.number(1)));
      }
      result.push_back(text);
    }
    return result;
  }

  std::string bytes;
  ReadMessage model, graph;
  std::map<std::string, Tensor> tensors;
};

}  // namespace clipkit::testing
