# The layers of src/ in dependency order, and the library made of them. scripts/check_layers.py holds the #include
# lines against the same table.
find_package(PkgConfig REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(OneDNN REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(GIF REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(WEBP REQUIRED IMPORTED_TARGET libwebp)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
# One set of vector instructions for each that CLIPKIT_CPU names. Kernels keep vectors in arrays, which SVE's sizeless
# types do not allow; NEON serves every aarch64 CPU.
target_compile_definitions(PkgConfig::HWY INTERFACE
  "HWY_DISABLED_TARGETS=(HWY_SSSE3|HWY_AVX3_DL|HWY_SVE|HWY_SVE2|HWY_SVE_256|HWY_SVE2_128)")
find_library(LBFGS_LIBRARY lbfgs REQUIRED)
find_package(CURL REQUIRED)  # headers only: the library is opened when `pull` runs, and not before

clipkit_layer(base LIBRARIES nlohmann_json::nlohmann_json)
clipkit_layer(tensor DEPENDS base)
clipkit_layer(ops DEPENDS tensor)
clipkit_layer(cpu DEPENDS ops LIBRARIES OneDNN::dnnl PkgConfig::HWY)
clipkit_layer(runtime DEPENDS cpu)
clipkit_layer(nn DEPENDS ops)
clipkit_layer(text DEPENDS tensor)
clipkit_layer(image DEPENDS tensor LIBRARIES JPEG::JPEG PNG::PNG GIF::GIF PkgConfig::WEBP PkgConfig::HWY)
clipkit_layer(checkpoint DEPENDS tensor)
clipkit_layer(dist DEPENDS tensor)
clipkit_layer(report DEPENDS tensor)
clipkit_layer(fetch DEPENDS tensor)
clipkit_layer(model DEPENDS nn checkpoint text image)
clipkit_layer(data DEPENDS image text LIBRARIES ZLIB::ZLIB)
clipkit_layer(export DEPENDS model)
clipkit_layer(eval DEPENDS model data report)
clipkit_layer(train DEPENDS eval dist)
clipkit_layer(transfer DEPENDS train LIBRARIES ${LBFGS_LIBRARY})
clipkit_layer(curate DEPENDS eval LIBRARIES PkgConfig::RE2)
clipkit_layer(api DEPENDS transfer curate export runtime fetch)

# Highway includes a file once for each instruction set: such files are compiled alone.
set_target_properties(clipkit_cpu PROPERTIES UNITY_BUILD OFF)
set_source_files_properties(src/image/resample_simd.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
if(TARGET clipkit_api)
  target_compile_definitions(clipkit_api PRIVATE CLIPKIT_VERSION="${PROJECT_VERSION}")  # for reports
endif()
if(TARGET clipkit_fetch)
  target_include_directories(clipkit_fetch PRIVATE ${CURL_INCLUDE_DIRS})
endif()
foreach(list IN ITEMS ClipkitAssets ClipkitConfigs)
  if(EXISTS ${PROJECT_SOURCE_DIR}/cmake/${list}.cmake)
    include(${list})
  endif()
endforeach()

if(TARGET clipkit_api)
  add_library(clipkit)
  add_library(clipkit::clipkit ALIAS clipkit)
  get_property(layers GLOBAL PROPERTY clipkit_layers)
  foreach(layer IN LISTS layers)
    target_link_libraries(clipkit PRIVATE $<BUILD_INTERFACE:clipkit_${layer}>)
  endforeach()
  target_compile_features(clipkit PUBLIC cxx_std_20)
  target_include_directories(clipkit PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
  set_target_properties(clipkit PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
    LINKER_LANGUAGE CXX)
  target_link_options(clipkit PRIVATE -Wl,--as-needed)
endif()
