# What is embedded into the library, by layer: clipkit_embed(LAYER NAME FILE).
clipkit_embed(text clip_merges ${PROJECT_SOURCE_DIR}/assets/clip_merges.bin)
clipkit_embed(text unicode_tables ${PROJECT_SOURCE_DIR}/assets/unicode.txt)
clipkit_embed(text html_entities ${PROJECT_SOURCE_DIR}/assets/entities.txt)
clipkit_embed(text repair_tables ${PROJECT_SOURCE_DIR}/assets/repair.txt)
clipkit_embed(text prompts ${PROJECT_SOURCE_DIR}/assets/prompts.json)
clipkit_embed(text emoji_names ${PROJECT_SOURCE_DIR}/assets/emoji_names.txt)

# The model that comes with clipkit: a folder as open_clip and `clipkit convert` write it.
clipkit_embed(model emoji_weights ${PROJECT_SOURCE_DIR}/assets/emoji-clip/open_clip_model.safetensors)
clipkit_embed(model emoji_config ${PROJECT_SOURCE_DIR}/assets/emoji-clip/open_clip_config.json)
clipkit_embed(model emoji_vocab ${PROJECT_SOURCE_DIR}/assets/emoji-clip/vocab.json)
clipkit_embed(model emoji_merges ${PROJECT_SOURCE_DIR}/assets/emoji-clip/merges.txt)

# The data sets that are known by name.
clipkit_embed(data data_sets ${PROJECT_SOURCE_DIR}/assets/data_sets.json)
