#include "cli/embed_output.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "clipkit/error.h"

#include "cli/json_line.h"
#include "cli/row_file.h"
#include "cli/terminal.h"

namespace clipkit::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* kItemsSuffix = ".items.jsonl";
constexpr size_t kBlockBytes = size_t{1} << 20;

class StdoutOutput : public EmbedOutput {
 public:
  explicit StdoutOutput(EmbedSettings settings) : key_(std::move(settings.key)) {}
  void append(std::span<const EmbeddedItem> items, TensorView rows) override {
    int64_t row = 0;
    for (const EmbeddedItem& item : items) {
      if (item.error.empty()) print(json_row(key_, item.name, rows, row++));
    }
    flush_output();
  }
  void finish() override {}

 private:
  std::string key_;
};

// What the list of items says about an unfinished file, as far as both are whole.
struct Progressed {
  std::vector<std::string> names;
  int64_t num_bad = 0, num_rows = 0;
  int64_t list_bytes = 0;  // up to the end of the last item that counts
};

class FileOutput : public EmbedOutput {
 public:
  FileOutput(const std::string& path, EmbedSettings settings)
      : path_(path),
        format_(row_format(path)),
        settings_(std::move(settings)),
        data_(path + ".partial"),
        list_(path + ".partial" + kItemsSuffix) {}

  ~FileOutput() override;
  FileOutput(const FileOutput&) = delete;
  FileOutput& operator=(const FileOutput&) = delete;

  void start_afresh();
  void resume();
  void append(std::span<const EmbeddedItem> items, TensorView rows) override;
  void finish() override;

 private:
  // First line of the list.
  std::string list_header() const;
  void read_list_header(const std::string& line);
  // Bytes of the file after each of its whole rows: fixed, or by line.
  std::vector<int64_t> row_ends() const;
  Progressed read_list(const std::vector<int64_t>& ends) const;
  int64_t row_bytes() const;

  const std::string path_;
  const RowFormat format_;
  const EmbedSettings settings_;
  AppendFile data_, list_;
  std::vector<int64_t> row_shape_;  // of the first row; later ones must agree
  int64_t num_rows_ = 0;
  std::string unlisted_;  // the list begins with the first row, as its first line tells the shape
  bool finished_ = false;
};

int64_t FileOutput::row_bytes() const {
  int64_t bytes = element_bytes(settings_.dtype);
  for (const int64_t size : row_shape_) bytes *= size;
  return bytes;
}

std::string FileOutput::list_header() const {
  JsonLine json;
  json.begin_object().member("items_of", fs::path(path_).filename().string());
  json.key("settings").raw(settings_.settings).key("row_shape").array(std::span<const int64_t>(row_shape_));
  return std::move(json.end_object()).line();
}

void FileOutput::read_list_header(const std::string& line) {
  nlohmann::json found;
  try {
    found = nlohmann::json::parse(line);
    row_shape_ = found.at("row_shape").get<std::vector<int64_t>>();
    if (row_shape_.empty() || row_shape_.size() >= size_t{Shape::kMaxRank})
      throw std::invalid_argument("bad row shape");
    if (Shape(std::span<const int64_t>(row_shape_)).num_elements() == 0) throw std::invalid_argument("empty rows");
    found = found.at("settings");
  } catch (const std::exception& error) {
    throw Error(ErrorCode::kCorrupt, list_.path() + ": not the list of items of an unfinished output: " + error.what());
  }
  if (found != nlohmann::json::parse(settings_.settings)) {
    throw Error(ErrorCode::kInvalidArgument, path_ + ": was begun with other settings, so it cannot be resumed: " +
                                                 found.dump() + ", now " + settings_.settings);
  }
}

std::vector<int64_t> FileOutput::row_ends() const {
  std::vector<int64_t> ends;
  if (format_ != RowFormat::kJsonl) {
    for (int64_t end = header_bytes(format_) + row_bytes(); end <= data_.size(); end += row_bytes())
      ends.push_back(end);
    return ends;
  }
  for (int64_t offset = 0; offset < data_.size();) {
    const std::string block = data_.read(offset, kBlockBytes);
    for (size_t i = block.find('\n'); i != std::string::npos; i = block.find('\n', i + 1)) {
      ends.push_back(offset + static_cast<int64_t>(i) + 1);
    }
    offset += static_cast<int64_t>(block.size());
    if (block.empty()) break;
  }
  return ends;
}

Progressed FileOutput::read_list(const std::vector<int64_t>& ends) const {
  Progressed progressed;
  std::string pending;
  int64_t line_start = 0;
  bool first = true;
  for (int64_t offset = 0; offset < list_.size();) {
    const std::string block = list_.read(offset, kBlockBytes);
    if (block.empty()) break;
    offset += static_cast<int64_t>(block.size());
    pending += block;
    size_t begin = 0;
    for (size_t end = pending.find('\n'); end != std::string::npos; begin = end + 1, end = pending.find('\n', begin)) {
      const std::string line = pending.substr(begin, end - begin);
      line_start += static_cast<int64_t>(line.size()) + 1;
      if (first) {
        first = false;
        progressed.list_bytes = line_start;
        continue;
      }
      const nlohmann::json item = nlohmann::json::parse(line, nullptr, false);
      const bool is_item =
          item.is_object() && item.contains("row") && item.contains(settings_.key) && item[settings_.key].is_string();
      if (!is_item) return progressed;
      const bool has_row = item["row"].is_number();
      if (has_row && progressed.num_rows == static_cast<int64_t>(ends.size())) return progressed;
      progressed.num_rows += has_row;
      progressed.num_bad += !has_row;
      progressed.names.push_back(item[settings_.key].get<std::string>());
      progressed.list_bytes = line_start;
    }
    pending.erase(0, begin);
  }
  return progressed;
}

void FileOutput::start_afresh() {
  if (list_.size() > 0) {
    throw Error(ErrorCode::kInvalidArgument,
                data_.path() + ": an earlier run was interrupted here: go on with --resume, or delete it");
  }
  data_.truncate(0);
  data_.append(std::string(static_cast<size_t>(header_bytes(format_)), '\0'));
}

void FileOutput::resume() {
  if (data_.size() == 0 && fs::exists(path_)) {
    // A finished output is continued on a copy, so that it stays whole under its name until the longer one is.
    const std::string finished_list = path_ + kItemsSuffix;
    if (list_.size() == 0 && !fs::exists(finished_list)) {
      throw Error(ErrorCode::kNotFound, finished_list + ": no such file; without it " + path_ + " cannot be resumed");
    }
    for (const auto& [from, to] : {std::pair{&path_, &data_}, std::pair{&finished_list, &list_}}) {
      if (to->size() > 0) continue;  // the list alone was left: a crash between the two renames
      AppendFile source(*from);
      for (int64_t offset = 0; offset < source.size(); offset += static_cast<int64_t>(kBlockBytes)) {
        to->append(source.read(offset, kBlockBytes));
      }
    }
  }
  const std::string head = list_.read(0, kBlockBytes);
  const size_t line_end = head.find('\n');
  if (line_end == std::string::npos) {  // nothing was finished
    list_.truncate(0);
    start_afresh();
    return;
  }
  read_list_header(head.substr(0, line_end));
  const std::vector<int64_t> ends = row_ends();
  Progressed progressed = read_list(ends);
  num_rows_ = progressed.num_rows;
  done_ = std::move(progressed.names);
  num_bad_done_ = progressed.num_bad;
  list_.truncate(progressed.list_bytes);
  data_.truncate(num_rows_ > 0 ? ends[static_cast<size_t>(num_rows_) - 1] : header_bytes(format_));
}

void FileOutput::append(std::span<const EmbeddedItem> items, TensorView rows) {
  if (std::any_of(items.begin(), items.end(), [](const EmbeddedItem& item) { return item.error.empty(); })) {
    const auto sizes = rows.shape().sizes().subspan(1);
    if (row_shape_.empty()) row_shape_.assign(sizes.begin(), sizes.end());
    if (!std::equal(sizes.begin(), sizes.end(), row_shape_.begin(), row_shape_.end())) {
      throw Error(ErrorCode::kInvalidArgument, path_ + ": rows have shape " + to_string(Shape(sizes)) +
                                                   ", those before " +
                                                   to_string(Shape(std::span<const int64_t>(row_shape_))));
    }
  }
  std::string lines;
  int64_t row = 0;
  for (const EmbeddedItem& item : items) {
    JsonLine json;
    json.begin_object().key("row");
    if (item.error.empty()) {
      if (format_ == RowFormat::kJsonl) lines += json_row(settings_.key, item.name, rows, row);
      json.value(num_rows_ + row++).member(settings_.key, item.name);
    } else {
      json.null().member(settings_.key, item.name).member("error", item.error);
    }
    unlisted_ += std::move(json.end_object()).line();
  }
  // Rows first: a list that runs behind loses a little work when the machine stops here, one that runs ahead would lie.
  if (format_ == RowFormat::kJsonl) {
    data_.append(lines);
  } else if (row > 0) {
    data_.append({static_cast<const char*>(rows.raw()), rows.bytes()});
  }
  num_rows_ += row;
  if (row_shape_.empty()) return;
  list_.append((list_.size() == 0 ? list_header() : std::string()) + unlisted_);
  unlisted_.clear();
}

void FileOutput::finish() {
  if (row_shape_.empty()) return;  // not one row: no file
  data_.overwrite(0, header(format_, settings_.dtype, num_rows_, row_shape_));
  data_.rename_to(path_);
  list_.rename_to(path_ + kItemsSuffix);
  finished_ = true;
}

FileOutput::~FileOutput() {
  if (finished_ || list_.size() > 0) return;
  std::error_code error;  // nothing that could be resumed: leave no litter
  fs::remove(data_.path(), error);
  fs::remove(list_.path(), error);
}

}  // namespace

std::unique_ptr<EmbedOutput> embed_to_stdout(EmbedSettings settings) {
  return std::make_unique<StdoutOutput>(std::move(settings));
}

std::unique_ptr<EmbedOutput> embed_to_file(const std::string& path, EmbedSettings settings, bool resume) {
  auto output = std::make_unique<FileOutput>(path, std::move(settings));
  resume ? output->resume() : output->start_afresh();
  return output;
}

}  // namespace clipkit::cli
