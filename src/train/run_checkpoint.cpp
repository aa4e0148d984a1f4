#include "train/run_checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/check.h"
#include "base/file_writer.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mapped_file.h"
#include "base/sha256.h"
#include "checkpoint/safetensors.h"
#include "model/model_folder.h"
#include "train/host_values.h"

namespace clipkit {

namespace fs = std::filesystem;

namespace {

constexpr const char* kStateFile = "training_state.json";
constexpr const char* kOptimizerFile = "optimizer.safetensors";
constexpr const char* kAverageFolder = "ema";
constexpr const char* kPrefix = "step-";
constexpr const char* kUnfinished = ".unfinished";
constexpr const char* kStateHash = "state_sha256";
constexpr int64_t kFormat = 1;

void flush_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool failed = fd < 0 || ::fsync(fd) != 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (failed) fail(ErrorCode::kIo, folder.string(), ": cannot be flushed to the disk: ", std::strerror(error));
}

std::string hash_of(const fs::path& path) {
  const auto file = MappedFile::open(path);
  return sha256_hex(file->bytes().data(), file->bytes().size());
}

OrderedJson to_json(const RunState& state, const Optimizer& optimizer) {
  const StepGuard::State& guard = state.guard;
  return {{"format", kFormat},
          {"step", state.step},
          {"optimizer_steps", optimizer.steps},
          {"lr_factor", state.lr_factor},
          {"roll_backs", state.roll_backs},
          {"good_step", state.good_step},
          {"candidate_step", state.candidate_step},
          {"guard",
           {{"num_good", guard.num_good},
            {"mean", guard.mean},
            {"variance", guard.variance},
            {"num_refused", guard.num_refused},
            {"in_a_row", guard.in_a_row}}},
          {"data", {{"pairs", state.data.size}, {"sha256", state.data.sha256}}}};
}

// Of everything in the state's file but itself, in the order of the names.
std::string hash_of_state(Json json) {
  json.erase(kStateHash);
  const std::string text = json.dump();
  return sha256_hex(text.data(), text.size());
}

RunState parse_state(const Json& json) {
  const Json &guard = json.at("guard"), &data = json.at("data");
  return {.step = json.at("step"),
          .lr_factor = json.at("lr_factor"),
          .roll_backs = json.at("roll_backs"),
          .good_step = json.at("good_step"),
          .candidate_step = json.at("candidate_step"),
          .guard = {.num_good = guard.at("num_good"),
                    .mean = guard.at("mean"),
                    .variance = guard.at("variance"),
                    .num_refused = guard.at("num_refused"),
                    .in_a_row = guard.at("in_a_row")},
          .data = {.size = data.at("pairs"), .sha256 = data.at("sha256")}};
}

// Reads the state and compares every file with its hash. Errors: kCorrupt, kIo, kNotFound.
RunState verified_state(const fs::path& folder) {
  const Json json = read_json(folder / kStateFile, 1 << 20);
  try {
    if (json.at("format") != kFormat)
      fail(ErrorCode::kUnsupported, folder.string(), ": format ", json.at("format").dump(), ", expected ", kFormat);
    if (json.at(kStateHash) != hash_of_state(json))
      fail(ErrorCode::kCorrupt, folder.string(), ": ", kStateFile, " is not what was written");
    for (const auto& [name, hash] : json.at("sha256").items()) {
      const fs::path file(name);
      const bool within = file.is_relative() && std::find(file.begin(), file.end(), "..") == file.end();
      if (!within || hash_of(folder / file) != hash)
        fail(ErrorCode::kCorrupt, folder.string(), ": ", name, " is not what was written");
    }
    return parse_state(json);
  } catch (const Json::exception& error) {
    fail(ErrorCode::kCorrupt, (folder / kStateFile).string(), ": ", error.what());
  }
}

}  // namespace

StateDict download_parameters(Backend& backend, Clip& model) {
  StateDict tensors;
  model.visit_params([&](const std::string& name, Param& param) {
    tensors.emplace(name, on_host(backend, param.value, DType::kFloat32));
  });
  backend.synchronize();
  return tensors;
}

RunCheckpoints::RunCheckpoints(const fs::path& run) : root_(run / "checkpoints") {}

fs::path RunCheckpoints::folder_of(int64_t step) const {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%010lld", static_cast<long long>(step));
  return root_ / (std::string(kPrefix) + digits);
}

std::vector<fs::path> RunCheckpoints::folders() const {
  std::vector<fs::path> result;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && !name.ends_with(kUnfinished) && entry.is_directory(error))
      result.push_back(entry.path());
  }
  std::sort(result.rbegin(), result.rend());
  return result;
}

fs::path RunCheckpoints::save(const RunState& state, Backend& backend, Clip& model, const Tokenizer& tokenizer,
                              Trainer& trainer, int keep) const {
  Optimizer& optimizer = trainer.optimizer();
  const fs::path folder = folder_of(state.step), unfinished = folder.string() + kUnfinished;
  const std::vector<fs::path> earlier = folders();
  try {
    fs::create_directories(root_);
    for (const auto& entry : fs::directory_iterator(root_)) {  // what crashes left behind
      if (entry.path().filename().string().ends_with(kUnfinished)) fs::remove_all(entry.path());
    }
    StateDict parameters = download_parameters(backend, model);
    write_model_folder(unfinished, model.config, parameters, &tokenizer);
    for (size_t i = 0; i < trainer.averages().size(); ++i)
      parameters[optimizer.entries()[i].name] = on_host(backend, trainer.averages()[i], DType::kFloat32);
    backend.synchronize();
    if (!trainer.averages().empty())
      write_model_folder(unfinished / kAverageFolder, model.config, parameters, &tokenizer);
    StateDict moments;
    for (const Optimizer::Entry& entry : optimizer.entries()) {
      moments.emplace("m." + entry.name, on_host(backend, entry.m, entry.m.dtype()));
      moments.emplace("v." + entry.name, on_host(backend, entry.v, entry.v.dtype()));
    }
    backend.synchronize();
    write_safetensors(unfinished / kOptimizerFile, moments);

    OrderedJson json = to_json(state, optimizer);
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(unfinished)) {
      if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(unfinished));
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) json["sha256"][file.string()] = hash_of(unfinished / file);
    json[kStateHash] = hash_of_state(Json(json));
    write_file(unfinished / kStateFile, json.dump(2) + "\n");
    flush_folder(unfinished);
    fs::remove_all(folder);  // of the same step, when a run was taken back
    fs::rename(unfinished, folder);
    flush_folder(root_);
  } catch (const std::exception& error) {
    std::error_code ignored;
    fs::remove_all(unfinished, ignored);
    fail(ErrorCode::kIo, "the checkpoint of step ", state.step, " could not be written: ", error.what(), "; ",
         earlier.empty() ? "there is no earlier one" : "the last good one is " + earlier.front().string());
  }
  remove_old(keep, state);
  return folder;
}

void RunCheckpoints::remove_old(int keep, const RunState& state) const {
  const std::vector<fs::path> now = folders();
  for (size_t i = static_cast<size_t>(keep); keep > 0 && i < now.size(); ++i) {
    if (now[i] == folder_of(state.good_step) || now[i] == folder_of(state.candidate_step)) continue;
    std::error_code error;
    fs::remove_all(now[i], error);
    if (error) log_warning(now[i].string(), ": cannot be removed: ", error.message());
  }
}

std::optional<RunCheckpoints::Found> RunCheckpoints::latest() const {
  for (const fs::path& folder : folders()) {
    try {
      return Found{folder, verified_state(folder)};
    } catch (const Error& error) {
      log_warning(folder.string(), " is damaged and is passed over: ", error.what());
    }
  }
  return {};
}

void RunCheckpoints::restore(const fs::path& folder, Backend& backend, Trainer& trainer) {
  const auto assign = [&](const StateDict& from, const std::string& name, Tensor& to) {
    const auto found = from.find(name);
    const bool fits = found != from.end() && found->second.shape() == to.shape() &&
                      (found->second.dtype() == to.dtype() ||
                       (found->second.dtype() == DType::kFloat32 && to.dtype() == backend.sum_dtype()));
    if (!fits) {
      fail(ErrorCode::kCorrupt, folder.string(), ": tensor \"", name, "\" ",
           found == from.end() ? "is missing" : "has another shape or type than the options of the run ask for");
    }
    backend.assign(found->second, to);
  };
  Optimizer& optimizer = trainer.optimizer();
  const StateDict moments = read_safetensors(MappedFile::open(folder / kOptimizerFile)).tensors;
  for (Optimizer::Entry& entry : optimizer.entries()) {
    assign(moments, "m." + entry.name, entry.m);
    assign(moments, "v." + entry.name, entry.v);
  }
  optimizer.steps = read_json(folder / kStateFile, 1 << 20).at("optimizer_steps");
  if (trainer.averages().empty()) return;
  const StateDict averages =
      read_safetensors(MappedFile::open(folder / kAverageFolder / "open_clip_model.safetensors")).tensors;
  for (size_t i = 0; i < trainer.averages().size(); ++i)
    assign(averages, optimizer.entries()[i].name, trainer.averages()[i]);
}

}  // namespace clipkit
