# cmake --install: the library, its headers, the program, find_package(clipkit) and pkg-config.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/clipkit)

install(TARGETS clipkit EXPORT clipkitTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/clipkit DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(TARGET clipkit_mpi)
  install(TARGETS clipkit_mpi LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})  # found there by the library beside it
endif()
get_property(set_modules GLOBAL PROPERTY clipkit_set_modules)
foreach(module IN LISTS set_modules)
  install(TARGETS ${module} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endforeach()
if(TARGET clipkit_program)
  # The program finds the library that was installed with it, wherever the tree is moved to.
  file(RELATIVE_PATH lib_from_bin /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
  set_target_properties(clipkit_program PROPERTIES INSTALL_RPATH "$ORIGIN/${lib_from_bin}")
  install(TARGETS clipkit_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# What a user's link of the static library needs besides (clipkitConfig.cmake says the same to CMake).
set(CLIPKIT_PC_REQUIRES_PRIVATE "")
set(CLIPKIT_PC_LIBS_PRIVATE "")
if(NOT BUILD_SHARED_LIBS)
  set(CLIPKIT_PC_REQUIRES_PRIVATE "libjpeg libpng libwebp libhwy re2 zlib")
  set(CLIPKIT_PC_LIBS_PRIVATE "-ldnnl -lgif -llbfgs ${OpenMP_CXX_FLAGS} -pthread -ldl -lm")
  install(FILES ${PROJECT_SOURCE_DIR}/cmake/FindOneDNN.cmake DESTINATION ${package_folder})
endif()

install(EXPORT clipkitTargets NAMESPACE clipkit:: DESTINATION ${package_folder})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/clipkitConfig.cmake.in
  ${PROJECT_BINARY_DIR}/clipkitConfig.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/clipkitConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/clipkitConfig.cmake ${PROJECT_BINARY_DIR}/clipkitConfigVersion.cmake
  DESTINATION ${package_folder})

file(RELATIVE_PATH CLIPKIT_PREFIX_FROM_PC /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/clipkit.pc.in ${PROJECT_BINARY_DIR}/clipkit.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/clipkit.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
