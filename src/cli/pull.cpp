#include "clipkit/error.h"
#include "clipkit/fetch.h"

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"

namespace clipkit::cli {

namespace {

class Pull : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  std::string url_, cache_;
};

Manual Pull::manual() {
  Manual manual{
      .name = "pull",
      .arguments = "[NAME...]",
      .summary =
          "Download published checkpoints, check them, and print where they are. After that --model NAME finds them.",
      .argument_help = {{"NAME", "e.g. ViT-B/32; without any, the names are listed"}},
      .options = {},
      .examples = {"clipkit pull ViT-B/32"},
  };
  manual.options.push_back(text("--url", "URL", &url_, "a mirror of the one file, http or https"));
  manual.options.push_back(text("--cache", "FOLDER", &cache_, "where to put it")
                               .with_default("$CLIPKIT_CACHE, or clipkit in $XDG_CACHE_HOME or ~/.cache"));
  return manual;
}

int Pull::run(const Arguments& arguments) {
  const std::vector<std::string> names = arguments.all();
  if (names.empty()) {
    for (const PublishedCheckpoint& checkpoint : published_checkpoints()) {
      const std::string cached = find_cached(checkpoint.name).string();
      print(checkpoint.name + (cached.empty() ? "" : std::string(16 - checkpoint.name.size(), ' ') + cached) + "\n");
    }
    return kSuccess;
  }
  if (!url_.empty() && names.size() > 1) throw UsageError("--url is for one checkpoint at a time");
  const InterruptGuard interrupt;
  for (const std::string& name : names) {
    Progress progress(name, 0, -1, Progress::Unit::kBytes);
    FetchOptions options{.cache = cache_, .url = url_, .progress = {}};
    options.progress = [&](int64_t done, int64_t total) {
      progress.update(done, total);
      return !InterruptGuard::requested();
    };
    try {
      print(fetch(name, options).string() + "\n");
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw Interrupted(error.what());
      throw;
    }
    flush_output();
  }
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_pull() {
  return std::make_unique<Pull>();
}

}  // namespace clipkit::cli
