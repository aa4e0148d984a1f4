#pragma once

#include <sys/stat.h>

#include <chrono>
#include <map>
#include <thread>

#include "clipkit/tokenizer.h"

#include "cli/program.h"

namespace clipkit::testing {

// The command train, with a model of 30,000 parameters that makes a step in about a millisecond, and 24 pairs of
// made-up pictures with a caption each.
class TrainCommand : public CliTest {
 protected:
  using Words = std::vector<std::string>;

  void SetUp() override {
    CliTest::SetUp();
    ::chmod(folder_.c_str(), 0755);  // others may look
    write_tokenizer();
    spill(folder_ / "tiny.json", R"({"embed_dim": 16, "quick_gelu": true,
      "vision_cfg": {"image_size": 16, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
      "text_cfg": {"context_length": 24, "vocab_size": 514, "width": 32, "heads": 2, "layers": 1}})");
    write_pairs("pairs", 24);
  }

  void write_pairs(const std::string& name, int num) const {
    fs::create_directories(folder_ / name);
    for (int i = 0; i < num; ++i) {
      std::string pixels;
      for (int k = 0; k < 20 * 16 * 3; ++k) pixels += static_cast<char>(k * (i + 3) * 37 + k * k * (i % 5));
      const fs::path file = folder_ / name / std::to_string(100 + i);
      spill(file.string() + ".ppm", "P6 20 16 255\n" + pixels);
      spill(file.string() + ".txt", "picture number " + std::to_string(i) + "\n");
    }
  }

  // What every run here is told; `more` comes after it and may change it.
  Words options(const std::string& logs, const Words& more = {}) const {
    Words words = {"train",
                   "--model",
                   in_folder("tiny.json"),
                   "--tokenizer",
                   in_folder("tok"),
                   "--train-data",
                   in_folder("pairs"),
                   "--batch-size",
                   "8",
                   "--lr",
                   "1e-3",
                   "--warmup",
                   "4",
                   "--epochs",
                   "4",
                   "--threads",
                   "1",
                   "--workers",
                   "1",
                   "--keep-checkpoints",
                   "0",
                   "--val-frequency",
                   "0",
                   "--log-every-n-steps",
                   "1",
                   "--logs",
                   in_folder(logs)};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  // The message at the end, without what is said on the way.
  static std::string last_line(const Result& result) { return result.err.empty() ? "" : lines_of(result.err).back(); }
  Result train(const std::string& logs, const Words& more = {}) const { return clipkit(options(logs, more)); }
  Result resume(const std::string& logs) const { return clipkit({"train", "--resume", in_folder(logs)}); }
  // The same, started and left to itself.
  static Words program(Words words) {
    words.insert(words.begin(), CLIPKIT_PROGRAM);
    return words;
  }

  fs::path checkpoint(const std::string& logs, int step) const {
    std::string digits = std::to_string(step);
    digits.insert(0, 10 - digits.size(), '0');
    return folder_ / logs / "checkpoints" / ("step-" + digits);
  }
  // All that a run comes to, as bytes: the files of the checkpoint of this step, and the metrics, which hold no times.
  std::map<std::string, std::string> outcome(const std::string& logs, int step) const {
    std::map<std::string, std::string> files = {{"metrics.jsonl", slurp(folder_ / logs / "metrics.jsonl")}};
    const fs::path last = checkpoint(logs, step);
    for (const auto& entry : fs::recursive_directory_iterator(last)) {
      if (entry.is_regular_file()) files[entry.path().lexically_relative(last)] = slurp(entry.path());
    }
    return files;
  }
  void expect_same_outcome(const std::string& logs, const std::string& expected, int step) const {
    const auto found = outcome(logs, step), wanted = outcome(expected, step);
    EXPECT_THAT(found, ::testing::SizeIs(wanted.size()));
    EXPECT_GE(wanted.size(), 8u);
    for (const auto& [name, content] : wanted) {
      const auto same = found.find(name);
      EXPECT_TRUE(same != found.end() && same->second == content) << name << " is not that of an uninterrupted run";
    }
  }

  size_t num_lines(const std::string& logs) const { return lines_of(slurp(folder_ / logs / "metrics.jsonl")).size(); }
  // Waits until a run has written so many lines of metrics.
  void wait_for_lines(const std::string& logs, size_t num) const {
    for (int ms = 0; num_lines(logs) < num; ++ms) {
      ASSERT_LT(ms, 60000) << "the run does not get on";
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  // The command, started by somebody who may not do everything. Where that is not possible, the test is skipped.
  static Words not_as_root(Words command) {
    if (::geteuid() == 0)
      command.insert(command.begin(), {"env", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
    return command;
  }
  static bool can_be_another_user() { return Process(not_as_root(program({"--version"}))).wait().status == 0; }

 private:
  // CLIP's byte symbols and special tokens, without a merge.
  void write_tokenizer() const {
    const std::vector<std::string> all = Tokenizer::clip()->vocabulary();
    nlohmann::json ids;
    for (size_t i = 0; i < 512; ++i) ids[all[i]] = i;
    ids["<|startoftext|>"] = 512;
    ids["<|endoftext|>"] = 513;
    fs::create_directories(folder_ / "tok");
    spill(folder_ / "tok/vocab.json", ids.dump());
    spill(folder_ / "tok/merges.txt", "#version: 0.2\n");
  }
};

}  // namespace clipkit::testing
