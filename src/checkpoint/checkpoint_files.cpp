#include "checkpoint/checkpoint_files.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "base/check.h"
#include "base/quote.h"

namespace clipkit {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPreferred[] = {
    "open_clip_model.safetensors", "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin", "open_clip_pytorch_model.pth",
    "model.safetensors",           "pytorch_model.bin",
    "pytorch_model.pth",           "model.pth",
};
constexpr std::string_view kEndings[] = {".safetensors", ".pt", ".pth", ".bin", ".gguf"};
constexpr std::string_view kIndexEnding = ".index.json";
constexpr size_t kMaxFiles = 1000;

// "weight_map" of an index: tensor name to file name. The files lie beside the index: a path could lead anywhere.
std::map<std::string, std::string> read_weight_map(const fs::path& index) {
  const Json json = read_json(index);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object() ||
      json["weight_map"].empty()) {
    fail(ErrorCode::kCorrupt, index.string(), ": expected an object with a \"weight_map\" that is not empty");
  }
  const Json& weight_map = json["weight_map"];
  std::map<std::string, std::string> result;
  for (auto it = weight_map.begin(); it != weight_map.end(); ++it) {
    const std::string file = it->is_string() ? it->get<std::string>() : "";
    if (file.empty() || file == "." || file == ".." ||
        file.find_first_of(std::string_view("/\0", 2)) != std::string::npos) {
      fail(ErrorCode::kCorrupt, index.string(), ": tensor ", quote(it.key()), " is in ", quote(file),
           ", expected a file name");
    }
    result[it.key()] = file;
  }
  return result;
}

std::vector<fs::path> files_of_index(const fs::path& index) {
  std::set<std::string> names;
  for (const auto& [tensor, file] : read_weight_map(index)) names.insert(file);
  if (names.size() > kMaxFiles) {
    fail(ErrorCode::kUnsupported, index.string(), ": names ", names.size(), " files, the limit is ", kMaxFiles);
  }
  std::vector<fs::path> files;
  for (const std::string& name : names) files.push_back(index.parent_path() / name);
  return files;
}

CheckpointFiles from_index(const fs::path& index, bool from_folder) {
  return {files_of_index(index), index, index.parent_path(), from_folder};
}

bool has_ending(const fs::path& path, std::string_view ending) {
  return path.filename().string().ends_with(ending);
}

CheckpointFiles find_in_folder(const fs::path& folder) {
  for (const std::string_view name : kPreferred) {
    const fs::path file = folder / name, index = folder / concat(name, kIndexEnding);
    if (fs::exists(file)) return {{file}, {}, folder, true};
    if (fs::exists(index)) return from_index(index, true);
  }
  std::vector<fs::path> candidates;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const bool fits = std::any_of(std::begin(kEndings), std::end(kEndings),
                                  [&](std::string_view ending) { return has_ending(it->path(), ending); });
    if (fits) candidates.push_back(it->path());
  }
  if (error) fail(ErrorCode::kIo, folder.string(), ": cannot list the folder: ", error.message());
  if (candidates.size() == 1) return {candidates, {}, folder, true};
  std::string expected;
  for (const std::string_view name : kPreferred) expected += concat(expected.empty() ? "" : ", ", name);
  fail(ErrorCode::kNotFound, folder.string(), ": ", candidates.empty() ? "no checkpoint" : "several checkpoints",
       " in this folder; expected one of ", expected,
       ", or a single file ending in .safetensors, .pt, .pth, .bin or .gguf");
}

}  // namespace

CheckpointFiles find_checkpoint_files(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) fail(ErrorCode::kNotFound, path.string(), ": no such file or folder");
  if (fs::is_directory(status)) return find_in_folder(path);
  if (has_ending(path, kIndexEnding)) return from_index(path, false);
  return {{path}, {}, path.parent_path(), false};
}

StoredTensors read_checkpoint_files(const CheckpointFiles& files) {
  if (files.index.empty()) return read_stored_tensors(byte_source(MappedFile::open(files.files.front())));
  StoredTensors all;
  std::map<std::string, std::string, std::less<>> found_in;  // tensor name to file name
  for (const fs::path& path : files.files) {
    StoredTensors file = read_stored_tensors(byte_source(MappedFile::open(path)));
    const auto note = [&](const std::string& name) {
      if (!found_in.emplace(name, path.filename().string()).second) {
        fail(ErrorCode::kCorrupt, path.string(), ": tensor ", quote(name), " is also in ", found_in[name]);
      }
    };
    for (const auto& [name, tensor] : file.tensors) note(name);
    for (const auto& [name, reason] : file.unreadable) note(name);
    all.container = file.container;
    all.tensors.merge(file.tensors);
    all.unreadable.merge(file.unreadable);
    all.metadata.merge(file.metadata);
  }
  for (const auto& [name, file] : read_weight_map(files.index)) {
    const auto found = found_in.find(name);
    if (found == found_in.end() || found->second != file) {
      fail(ErrorCode::kCorrupt, files.index.string(), ": tensor ", quote(name), " is not in ", file);
    }
  }
  return all;
}

}  // namespace clipkit
