#include "report/metrics_log.h"

#include "base/check.h"
#include "base/mapped_file.h"

namespace clipkit {

namespace {

std::string_view text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

// The length of what a run that goes on after last_step keeps.
size_t kept_bytes(const std::filesystem::path& path, int64_t last_step) {
  size_t kept = 0;
  if (last_step < 0 || !std::filesystem::exists(path)) return kept;
  const auto file = MappedFile::open(path);
  read_metrics(text_of(*file), path.string(), [&](int64_t step, const Json&, size_t end) {
    if (step > last_step) return false;
    kept = end;
    return true;
  });
  return kept;
}

int64_t step_of(const Json& line, const std::string& place) {
  const auto member = line.is_object() ? line.find("step") : line.end();
  if (!line.is_object() || member == line.end() || !member->is_number_integer()) {
    fail(ErrorCode::kCorrupt, place, ": expected an object with the member \"step\", an integer");
  }
  const auto step = member->get<int64_t>();  // beyond int64 it wraps around to a negative number
  if (step < 0) fail(ErrorCode::kCorrupt, place, ": the step is negative");
  return step;
}

}  // namespace

void read_metrics(std::string_view log, std::string_view place,
                  const std::function<bool(int64_t, const Json&, size_t)>& use) {
  int64_t number = 0, last_step = 0;
  for (size_t begin = 0, end; (end = log.find('\n', begin)) != std::string_view::npos; begin = end + 1) {
    const std::string where = concat(place, ":", ++number);
    const Json line = parse_json(log.substr(begin, end - begin), where);
    const int64_t step = step_of(line, where);
    if (step < last_step) fail(ErrorCode::kCorrupt, where, ": step ", step, " follows step ", last_step);
    last_step = step;
    if (!use(step, line, end + 1)) return;
  }
}

MetricsLog::MetricsLog(const std::filesystem::path& path, int64_t last_step)
    : file_(path, kept_bytes(path, last_step)), last_step_(last_step) {}

void MetricsLog::write(int64_t step, const OrderedJson& values) {
  CLIPKIT_CHECK(step >= 0 && step >= last_step_, file_.path().string(), ": step ", step, " follows step ", last_step_);
  CLIPKIT_CHECK(values.is_object() && !values.contains("step"), file_.path().string(),
                ": metrics are an object without the member \"step\"");
  OrderedJson line = {{"step", step}};
  line.update(values);
  file_.append(line.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n");
  last_step_ = step;
}

std::map<std::string, MetricSeries> read_metric_series(const std::filesystem::path& path) {
  std::map<std::string, MetricSeries> series;
  const auto file = MappedFile::open(path);
  read_metrics(text_of(*file), path.string(), [&](int64_t step, const Json& line, size_t) {
    for (const auto& [name, value] : line.items()) {
      if (!value.is_number() || name == "step") continue;
      MetricSeries& one = series[name];
      one.steps.push_back(static_cast<double>(step));
      one.values.push_back(value.get<double>());
    }
    return true;
  });
  return series;
}

}  // namespace clipkit
