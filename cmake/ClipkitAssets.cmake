# What is embedded into the library, by layer: clipkit_embed(LAYER NAME FILE).
clipkit_embed(text clip_merges ${PROJECT_SOURCE_DIR}/assets/clip_merges.bin)
clipkit_embed(text unicode_tables ${PROJECT_SOURCE_DIR}/assets/unicode.txt)
clipkit_embed(text html_entities ${PROJECT_SOURCE_DIR}/assets/entities.txt)
clipkit_embed(text repair_tables ${PROJECT_SOURCE_DIR}/assets/repair.txt)
clipkit_embed(text prompts ${PROJECT_SOURCE_DIR}/assets/prompts.json)
