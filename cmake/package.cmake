# Installing and packaging: cmake --install, and CPack's .deb and .tar.gz.
install(TARGETS larder RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md" PATTERN "*.svg")

# The man page and the completions are made by the program itself, out of the tables its flags come from.
set(LARDER_MADE ${CMAKE_CURRENT_BINARY_DIR}/made)
add_custom_command(
  OUTPUT ${LARDER_MADE}/larder.1 ${LARDER_MADE}/larder.bash ${LARDER_MADE}/_larder ${LARDER_MADE}/larder.fish
  COMMAND ${CMAKE_COMMAND} -E make_directory ${LARDER_MADE}
  COMMAND $<TARGET_FILE:larder> completion bash > ${LARDER_MADE}/larder.bash
  COMMAND $<TARGET_FILE:larder> completion zsh > ${LARDER_MADE}/_larder
  COMMAND $<TARGET_FILE:larder> completion fish > ${LARDER_MADE}/larder.fish
  COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/docs/larder.1 ${LARDER_MADE}/larder.1
  DEPENDS larder ${CMAKE_CURRENT_SOURCE_DIR}/docs/larder.1
  VERBATIM)
add_custom_target(larder-made ALL DEPENDS ${LARDER_MADE}/larder.1)
install(FILES ${LARDER_MADE}/larder.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${LARDER_MADE}/larder.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME larder)
install(FILES ${LARDER_MADE}/_larder DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${LARDER_MADE}/larder.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

set(CPACK_GENERATOR "DEB;TGZ")
set(CPACK_PACKAGE_VENDOR "larder")
set(CPACK_PACKAGE_CONTACT "larder maintainers <maintainers@larder.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Keeps Hugging Face Hub artifacts at hand, verified")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_CURRENT_SOURCE_DIR}/LICENSE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
set(CPACK_STRIP_FILES ON)
include(CPack)
