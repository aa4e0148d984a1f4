
#include "clipkit/preprocess.h"
#include "clipkit/checkpoint.h"
#include "clipkit/npy.h"

#include "cli/command.h"
#include "cli/pictures.h"

namespace clipkit::cli {

namespace {

class Preprocess : public Command {
 public:
  Manual manual() override;
  int run(const Arguments& arguments) override;

 private:
  PreprocessConfig config() const;

  std::string model_name_;
  PictureOptions pictures_;
  std::string output_;
  std::optional<int> size_, fill_;
  std::optional<ResizeMode> resize_mode_;
  std::optional<Interpolation> interpolation_;
  bool rgb_first_ = false;
};

Manual Preprocess::manual() {
  Manual manual{
      .name = "preprocess",
      .arguments = "PICTURE",
      .summary = "Show what a model sees of a picture: the crop, or the tensor.",
      .argument_help = {{"PICTURE", "a file, or - for standard input"}},
      .options = {},
      .examples = {"clipkit preprocess photo.jpg --size 224 --output crop.png",
                   "clipkit preprocess photo.jpg --model ViT-B-32.pt --output pixels.npy"},
  };
  const std::vector<std::pair<std::string, ResizeMode>> modes = {
      {"shortest", ResizeMode::kShortest}, {"longest", ResizeMode::kLongest}, {"squash", ResizeMode::kSquash}};
  const std::vector<std::pair<std::string, Interpolation>> interpolations = {{"bicubic", Interpolation::kBicubic},
                                                                             {"bilinear", Interpolation::kBilinear}};
  std::vector<Option>& options = manual.options;
  options.push_back(text("--output", "FILE", &output_, "the crop as .png, or the float32 tensor [3,N,N] as .npy"));
  options.push_back(number("--size", "N", &size_, {1, 16384}, "side of the crop")
                        .with_unit("px")
                        .with_default("224, or the model's"));
  options.push_back(
      text("--model", "FILE", &model_name_, "take the settings of this checkpoint").with_default("OpenAI's settings"));
  options.push_back(choice("--resize-mode", modes, &resize_mode_, "which side becomes N, or both")
                        .with_default("shortest, or the model's"));
  options.push_back(choice("--interpolation", interpolations, &interpolation_, "how to resample")
                        .with_default("bicubic, or the model's"));
  options.push_back(flag("--rgb-first", &rgb_first_, "convert to RGB before resizing, as Hugging Face transformers"));
  options.push_back(number("--fill", "N", &fill_, {0, 255}, "grey of the border that longest leaves")
                        .with_default("0, or the model's"));
  pictures_.add_to(options);
  return manual;
}

PreprocessConfig Preprocess::config() const {
  PreprocessConfig config;
  if (!model_name_.empty()) config = inspect(model_name_).config.preprocess;
  if (size_) config.height = config.width = *size_;
  if (resize_mode_) config.resize_mode = *resize_mode_;
  if (interpolation_) config.interpolation = *interpolation_;
  if (rgb_first_) config.color_order = ColorOrder::kBeforeResize;
  if (fill_) config.fill_color = static_cast<uint8_t>(*fill_);
  return config;
}

int Preprocess::run(const Arguments& arguments) {
  const std::vector<std::string> files = arguments.all();
  if (files.size() != 1) throw UsageError("give one picture, not " + std::to_string(files.size()));
  const bool as_picture = output_.ends_with(".png");
  if (output_.empty()) throw UsageError("--output is missing: a .png or .npy file");
  if (!as_picture && !output_.ends_with(".npy")) throw UsageError("--output writes .png or .npy, not " + output_);

  const PreprocessConfig settings = config();
  const Image crop = resize_and_crop(read_picture(files.front(), pictures_.decode()), settings);
  if (as_picture) {
    write_png(output_, crop);
    return kSuccess;
  }
  const Tensor pixels = Tensor::empty({3, settings.height, settings.width});
  normalize(crop, settings, pixels.span<float>());
  write_npy(output_, pixels);
  return kSuccess;
}

}  // namespace

std::unique_ptr<Command> make_preprocess() {
  return std::make_unique<Preprocess>();
}

}  // namespace clipkit::cli
