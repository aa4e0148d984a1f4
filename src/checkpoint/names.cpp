#include "checkpoint/names.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/concat.h"

namespace clipkit {

namespace {

struct Rule {
  std::string_view stored, openai;
  Part part = Part::kWhole;
};

// One naming: rules for single tensors, and rules for those of block {b} of a tower, which follow "<prefix>{b}.".
struct RuleTable {
  std::string_view text_blocks, vision_blocks;
  std::span<const Rule> single, block;
};
constexpr std::string_view kTextBlocks = "transformer.resblocks.", kVisionBlocks = "visual.transformer.resblocks.";

// checkpoints.md section 5.1
constexpr Rule kHuggingFaceSingle[] = {
    {"logit_scale", "logit_scale"},
    {"text_model.embeddings.token_embedding.weight", "token_embedding.weight"},
    {"text_model.embeddings.position_embedding.weight", "positional_embedding"},
    {"text_model.final_layer_norm.weight", "ln_final.weight"},
    {"text_model.final_layer_norm.bias", "ln_final.bias"},
    {"text_projection.weight", "text_projection", Part::kTransposed},
    {"vision_model.embeddings.class_embedding", "visual.class_embedding"},
    {"vision_model.embeddings.patch_embedding.weight", "visual.conv1.weight"},
    {"vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"},
    {"vision_model.pre_layrnorm.weight", "visual.ln_pre.weight"},  // sic
    {"vision_model.pre_layrnorm.bias", "visual.ln_pre.bias"},
    {"vision_model.post_layernorm.weight", "visual.ln_post.weight"},
    {"vision_model.post_layernorm.bias", "visual.ln_post.bias"},
    {"visual_projection.weight", "visual.proj", Part::kTransposed},
};
constexpr Rule kHuggingFaceBlock[] = {
    {"self_attn.q_proj.weight", "attn.in_proj_weight", Part::kQuery},
    {"self_attn.k_proj.weight", "attn.in_proj_weight", Part::kKey},
    {"self_attn.v_proj.weight", "attn.in_proj_weight", Part::kValue},
    {"self_attn.q_proj.bias", "attn.in_proj_bias", Part::kQuery},
    {"self_attn.k_proj.bias", "attn.in_proj_bias", Part::kKey},
    {"self_attn.v_proj.bias", "attn.in_proj_bias", Part::kValue},
    {"self_attn.out_proj.weight", "attn.out_proj.weight"},
    {"self_attn.out_proj.bias", "attn.out_proj.bias"},
    {"layer_norm1.weight", "ln_1.weight"},
    {"layer_norm1.bias", "ln_1.bias"},
    {"layer_norm2.weight", "ln_2.weight"},
    {"layer_norm2.bias", "ln_2.bias"},
    {"mlp.fc1.weight", "mlp.c_fc.weight"},
    {"mlp.fc1.bias", "mlp.c_fc.bias"},
    {"mlp.fc2.weight", "mlp.c_proj.weight"},
    {"mlp.fc2.bias", "mlp.c_proj.bias"},
};

// checkpoints.md section 7
constexpr Rule kGgufSingle[] = {
    {"t.token_embd.weight", "token_embedding.weight"},
    {"t.position_embd.weight", "positional_embedding"},
    {"t.post_ln.weight", "ln_final.weight"},
    {"t.post_ln.bias", "ln_final.bias"},
    {"text_projection.weight", "text_projection", Part::kTransposed},
    {"v.class_embd", "visual.class_embedding"},
    {"v.patch_embd.weight", "visual.conv1.weight"},
    {"v.position_embd.weight", "visual.positional_embedding"},
    {"v.pre_ln.weight", "visual.ln_pre.weight"},
    {"v.pre_ln.bias", "visual.ln_pre.bias"},
    {"v.post_ln.weight", "visual.ln_post.weight"},
    {"v.post_ln.bias", "visual.ln_post.bias"},
    {"visual_projection.weight", "visual.proj", Part::kTransposed},
};
constexpr Rule kGgufBlock[] = {
    {"attn_q.weight", "attn.in_proj_weight", Part::kQuery},
    {"attn_k.weight", "attn.in_proj_weight", Part::kKey},
    {"attn_v.weight", "attn.in_proj_weight", Part::kValue},
    {"attn_q.bias", "attn.in_proj_bias", Part::kQuery},
    {"attn_k.bias", "attn.in_proj_bias", Part::kKey},
    {"attn_v.bias", "attn.in_proj_bias", Part::kValue},
    {"attn_out.weight", "attn.out_proj.weight"},
    {"attn_out.bias", "attn.out_proj.bias"},
    {"ln1.weight", "ln_1.weight"},
    {"ln1.bias", "ln_1.bias"},
    {"ln2.weight", "ln_2.weight"},
    {"ln2.bias", "ln_2.bias"},
    {"ffn_down.weight", "mlp.c_fc.weight"},  // clip.cpp has "down" and "up" the wrong way round
    {"ffn_down.bias", "mlp.c_fc.bias"},
    {"ffn_up.weight", "mlp.c_proj.weight"},
    {"ffn_up.bias", "mlp.c_proj.bias"},
};

constexpr RuleTable kHuggingFace = {"text_model.encoder.layers.", "vision_model.encoder.layers.", kHuggingFaceSingle,
                                    kHuggingFaceBlock};
constexpr RuleTable kGguf = {"t.blk.", "v.blk.", kGgufSingle, kGgufBlock};

const RuleTable& table(Naming naming) {
  return naming == Naming::kGguf ? kGguf : kHuggingFace;
}

// What follows "<prefix>{b}." in name, and {b}; an empty rest if the name is not of that form.
struct BlockName {
  std::string_view index, rest;
};
BlockName split_block_name(std::string_view name, std::string_view prefix) noexcept {
  if (!name.starts_with(prefix)) return {};
  name.remove_prefix(prefix.size());
  const size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
  if (digits == 0 || digits == name.size() || name[digits] != '.') return {};
  return {name.substr(0, digits), name.substr(digits + 1)};
}

// The part of the text tower in open_clip's custom-text layout (checkpoints.md section 4).
constexpr std::string_view kCustomText = "text.";
bool is_text_tower(std::string_view openai) noexcept {
  return openai == "positional_embedding" || openai == "text_projection" || openai.starts_with("token_embedding.") ||
         openai.starts_with("transformer.") || openai.starts_with("ln_final.");
}

}  // namespace

const char* to_string(Naming naming) noexcept {
  switch (naming) {
    case Naming::kOpenAi:
      return "OpenAI";
    case Naming::kOpenClipCustomText:
      return "open_clip with custom text";
    case Naming::kHuggingFace:
      return "Hugging Face";
    case Naming::kGguf:
      return "clip.cpp";
  }
  return "unknown";
}

std::string_view without_wrapper_prefix(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 4> kPrefixes = {"module.", "_orig_mod.", "model.", "clip."};
  for (size_t i = 0; i < kPrefixes.size();) {
    if (name.size() > kPrefixes[i].size() && name.starts_with(kPrefixes[i])) {
      name.remove_prefix(kPrefixes[i].size());
      i = 0;
    } else {
      ++i;
    }
  }
  return name;
}

bool is_no_part_of_model(std::string_view name) noexcept {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return name == "input_resolution" || name == "context_length" || name == "vocab_size" || last == "position_ids" ||
         last == "attn_mask";
}

std::optional<Naming> detect_naming(const std::vector<std::string_view>& names) noexcept {
  std::optional<Naming> found;
  for (const std::string_view name : names) {
    if (name.starts_with("text_model.") || name.starts_with("vision_model.")) return Naming::kHuggingFace;
    if (name.starts_with(kCustomText) && is_text_tower(name.substr(kCustomText.size())))
      found = Naming::kOpenClipCustomText;
    if (!found && (name.starts_with("visual.") || is_text_tower(name))) found = Naming::kOpenAi;
  }
  return found;
}

PartName to_openai_name(std::string_view name, Naming from) {
  if (from == Naming::kOpenAi) return {std::string(name)};
  if (from == Naming::kOpenClipCustomText) {
    const bool text = name.starts_with(kCustomText) && is_text_tower(name.substr(kCustomText.size()));
    return {std::string(text ? name.substr(kCustomText.size()) : name)};
  }
  const RuleTable& rules = table(from);
  for (const Rule& rule : rules.single) {
    if (rule.stored == name) return {std::string(rule.openai), rule.part};
  }
  for (const bool vision : {false, true}) {
    const auto [index, rest] = split_block_name(name, vision ? rules.vision_blocks : rules.text_blocks);
    for (const Rule& rule : rules.block) {
      if (rule.stored == rest)
        return {concat(vision ? kVisionBlocks : kTextBlocks, index, ".", rule.openai), rule.part};
    }
  }
  return {std::string(name)};
}

std::vector<PartName> from_openai_name(std::string_view openai, Naming to) {
  if (to == Naming::kOpenAi) return {{std::string(openai)}};
  if (to == Naming::kOpenClipCustomText) return {{concat(is_text_tower(openai) ? kCustomText : "", openai)}};
  const RuleTable& rules = table(to);
  for (const Rule& rule : rules.single) {
    if (rule.openai == openai) return {{std::string(rule.stored), rule.part}};
  }
  std::vector<PartName> stored;
  for (const bool vision : {false, true}) {
    const auto [index, rest] = split_block_name(openai, vision ? kVisionBlocks : kTextBlocks);
    for (const Rule& rule : rules.block) {
      if (rule.openai != rest) continue;
      stored.push_back({concat(vision ? rules.vision_blocks : rules.text_blocks, index, ".", rule.stored), rule.part});
    }
  }
  return stored;
}

}  // namespace clipkit
