#include "data/sets/clevr.h"

#include "base/check.h"
#include "base/json.h"
#include "base/mapped_file.h"
#include "base/quote.h"
#include "clipkit/prompts.h"

namespace clipkit {

namespace {

constexpr size_t kMaxDepth = 64;

// Follows the parser: depth 1 is the file's object, 2 the array of scenes, 3 a scene, 4 its array of objects, 5 an
// object.
class SceneCounter : public nlohmann::json_sax<Json> {
 public:
  SceneCounter(std::string_view picture, std::string place) : picture_(picture), place_(std::move(place)) {}
  std::vector<NamedFile> take() { return std::move(files_); }

  bool start_object(std::size_t) override {
    open(Kind::kObject);
    if (in_scenes() && depth() == 3) {
      name_.clear();
      num_objects_ = -1;
    }
    if (in_scenes() && depth() == 5 && kinds_[3] == Kind::kArray && keys_[2] == "objects") ++num_objects_;
    return true;
  }
  bool start_array(std::size_t) override {
    open(Kind::kArray);
    if (in_scenes() && depth() == 4 && keys_[2] == "objects") num_objects_ = 0;
    return true;
  }
  bool end_object() override {
    if (in_scenes() && depth() == 3) {
      if (name_.empty() || num_objects_ < 0) {
        fail(ErrorCode::kCorrupt, place_, ": scene ", files_.size(), " lacks \"image_filename\" or \"objects\"");
      }
      files_.push_back({fill_template(picture_, name_), concat(num_objects_)});
    }
    return close();
  }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    keys_.back() = name;
    return true;
  }
  bool string(string_t& value) override {
    if (in_scenes() && depth() == 3 && keys_[2] == "image_filename") name_ = value;
    return true;
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    fail(ErrorCode::kCorrupt, place_, ": damaged JSON at byte ", position);
  }

 private:
  enum class Kind : uint8_t { kObject, kArray };
  size_t depth() const { return kinds_.size(); }
  bool in_scenes() const {
    return depth() >= 3 && kinds_[0] == Kind::kObject && keys_[0] == "scenes" && kinds_[1] == Kind::kArray &&
           kinds_[2] == Kind::kObject;
  }
  void open(Kind kind) {
    if (kinds_.size() >= kMaxDepth) fail(ErrorCode::kCorrupt, place_, ": JSON nested deeper than ", kMaxDepth);
    kinds_.push_back(kind);
    keys_.emplace_back();
  }
  bool close() {
    kinds_.pop_back();
    keys_.pop_back();
    return true;
  }

  const std::string_view picture_;
  const std::string place_;
  std::vector<Kind> kinds_;
  std::vector<std::string> keys_;  // the last one of each open object
  std::string name_;
  int64_t num_objects_ = -1;  // -1: not seen yet
  std::vector<NamedFile> files_;
};

}  // namespace

std::vector<NamedFile> list_clevr(const std::filesystem::path& scenes, std::string_view picture) {
  const auto file = MappedFile::open(scenes);
  const auto* begin = reinterpret_cast<const char*>(file->bytes().data());
  SceneCounter counter(picture, scenes.string());
  Json::sax_parse(begin, begin + file->bytes().size(), &counter);
  return counter.take();
}

}  // namespace clipkit
