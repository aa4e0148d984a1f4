#include "data/list_pairs.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "base/check.h"
#include "base/mapped_file.h"
#include "base/quote.h"
#include "data/captions.h"
#include "data/csv.h"
#include "data/input_file.h"
#include "data/on_threads.h"
#include "data/picture_names.h"

namespace clipkit {

namespace {

// One record of a list. What cannot be used has a reason.
struct Record {
  std::string picture;  // as it stands in the list
  std::vector<std::string> captions{};
  std::string metadata{};
};

// The text of one record, its line end included, as a record. Errors: kCorrupt.
using ParseRecord = std::function<Record(std::string_view text, std::string_view place)>;

class ListPairs : public PairSource {
 public:
  ListPairs(std::shared_ptr<const MappedFile> file, ParseRecord parse)
      : file_(std::move(file)), parse_(std::move(parse)) {}

  // Keeps those of the records, given by their first bytes, that can be used.
  void check_records(const std::vector<int64_t>& begins, int threads) {
    constexpr int64_t kChunk = 1024;
    const auto n = static_cast<int64_t>(begins.size()), num_chunks = (n + kChunk - 1) / kChunk;
    std::vector<std::vector<int64_t>> kept(static_cast<size_t>(num_chunks));
    std::vector<PairProblems> problems(static_cast<size_t>(num_chunks));
    on_threads(num_chunks, threads, [&](int64_t chunk) {
      const auto c = static_cast<size_t>(chunk);
      for (int64_t i = chunk * kChunk; i < std::min(n, (chunk + 1) * kChunk); ++i) {
        const int64_t begin = begins[static_cast<size_t>(i)];
        if (is_usable(begin, problems[c])) kept[c].push_back(begin);
      }
    });
    for (size_t c = 0; c < kept.size(); ++c) {
      begins_.insert(begins_.end(), kept[c].begin(), kept[c].end());
      problems_.merge(problems[c]);
    }
    begins_.shrink_to_fit();
  }

  int64_t size() const noexcept override { return static_cast<int64_t>(begins_.size()); }

  EncodedPair read(int64_t index) const override {
    Record record = parse(index);
    EncodedPair pair{std::move(record.picture), {}, std::move(record.captions), std::move(record.metadata)};
    pair.picture = read_whole_file(path_of(pair.name), kMaxPictureBytes);
    return pair;
  }
  std::string name(int64_t index) const override { return parse(index).picture; }

 private:
  std::string_view text() const {
    return {reinterpret_cast<const char*>(file_->bytes().data()), file_->bytes().size()};
  }
  std::string place(int64_t begin) const { return concat(file_->path().string(), ", record at byte ", begin); }
  std::filesystem::path path_of(const std::string& picture) const { return file_->path().parent_path() / picture; }
  Record parse(int64_t index) const {
    CLIPKIT_CHECK(0 <= index && index < size(), "sample ", index, " of ", size());
    const int64_t begin = begins_[static_cast<size_t>(index)];
    return parse_(text().substr(static_cast<size_t>(begin)), place(begin));
  }

  bool is_usable(int64_t begin, PairProblems& problems) const {
    try {
      const Record record = parse_(text().substr(static_cast<size_t>(begin)), place(begin));
      struct stat info {};
      if (record.picture.empty()) {
        problems.add("records without a picture", place(begin));
      } else if (record.captions.empty()) {
        problems.add("records without a caption", quote(record.picture));
      } else if (::stat(path_of(record.picture).c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
        problems.add("records whose picture file is missing", quote(record.picture));
      } else {
        return true;
      }
    } catch (const Error& error) {
      problems.add("records that cannot be read", error.what());
    }
    return false;
  }

  const std::shared_ptr<const MappedFile> file_;
  const ParseRecord parse_;
  std::vector<int64_t> begins_;  // of each usable record
};

// Position of the column `key`, or of `fallback` if that is empty.
size_t find_column(const std::vector<std::string>& header, std::string_view key, const char* fallback,
                   const std::string& path) {
  const std::string_view wanted = key.empty() ? fallback : key;
  const auto found = std::find(header.begin(), header.end(), wanted);
  if (found != header.end()) return static_cast<size_t>(found - header.begin());
  fail(ErrorCode::kCorrupt, path, ": no column ", quote(wanted), " in the header, there are ", quote_all(header));
}

std::string_view text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

Record parse_json_record(std::string_view text, std::string_view place, const PairOptions& options) {
  const Json json = parse_json(text.substr(0, text.find('\n')), place);
  if (!json.is_object()) fail(ErrorCode::kCorrupt, place, ": not a JSON object");
  Record record;
  auto picture = json.find(options.picture_key.empty() ? "filepath" : options.picture_key);
  if (picture == json.end() && options.picture_key.empty()) picture = json.find("image");
  if (picture != json.end() && picture->is_string()) record.picture = picture->get<std::string>();
  add_json_captions(json, options.caption_key, record.captions);
  record.metadata = text.substr(0, text.find_first_of("\r\n"));
  return record;
}

}  // namespace

std::unique_ptr<PairSource> open_csv_pairs(const std::filesystem::path& path, const PairOptions& options) {
  const auto file = MappedFile::open(path);
  std::string_view text = text_of(*file);
  const std::string_view first_line = text.substr(0, text.find('\n'));
  const char separator = options.separator != 0                            ? options.separator
                         : first_line.find('\t') != std::string_view::npos ? '\t'
                                                                           : ',';
  size_t position = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  std::vector<std::string> fields;
  position += read_csv_record(text.substr(position), separator, fields).bytes;
  const size_t picture_column = find_column(fields, options.picture_key, "filepath", path.string());
  const size_t caption_column = find_column(fields, options.caption_key, "title", path.string());

  auto source = std::make_unique<ListPairs>(file, [=](std::string_view record_text, std::string_view place) {
    std::vector<std::string> columns;
    const bool closed = read_csv_record(record_text, separator, columns).closed;
    if (!closed) fail(ErrorCode::kCorrupt, place, ": its quote is never closed");
    if (columns.size() <= std::max(picture_column, caption_column)) {
      fail(ErrorCode::kCorrupt, place, ": ", columns.size(), " columns, expected at least ",
           std::max(picture_column, caption_column) + 1);
    }
    Record record{columns[picture_column]};
    add_caption(columns[caption_column], record.captions);
    return record;
  });
  std::vector<int64_t> begins;
  while (position < text.size()) {
    const size_t bytes = read_csv_record(text.substr(position), separator, fields).bytes;
    const bool is_blank = fields.size() == 1 && fields[0].empty();
    if (!is_blank) begins.push_back(static_cast<int64_t>(position));
    position += bytes;
  }
  source->check_records(begins, options.threads);
  return source;
}

std::unique_ptr<PairSource> open_json_lines_pairs(const std::filesystem::path& path, const PairOptions& options) {
  const auto file = MappedFile::open(path);
  const std::string_view text = text_of(*file);
  auto source = std::make_unique<ListPairs>(file, [options](std::string_view record_text, std::string_view place) {
    return parse_json_record(record_text, place, options);
  });
  std::vector<int64_t> begins;
  for (size_t begin = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const bool is_blank = text.substr(begin, end - begin).find_first_not_of(" \t\r") == std::string_view::npos;
    if (!is_blank) begins.push_back(static_cast<int64_t>(begin));
    begin = end + 1;
  }
  source->check_records(begins, options.threads);
  return source;
}

}  // namespace clipkit
