#include "cli/reference_flags.hpp"

#include <larder/base/url.hpp>

#include "base/escape.hpp"

namespace larder::cli {

Result<repo::ReferenceContext> plain_context(const Session& session) {
  repo::ReferenceContext context;
  LARDER_TRY(const auto endpoint, Url::parse(session.config.settings.endpoint));
  context.endpoint_host = endpoint.origin().host_text();
  return context;
}

void ReferenceFlags::declare(Flags& flags) {
  flags.argument("REF", &ref,
                 "ORG/NAME[@REVISION][/PATH], behind datasets/, spaces/ or kernels/ for those; ORG/NAME[@REVISION]:QUANT; hf://…; or a "
                 "link of the Hub");
  flags.text("--repo-type,--type", "TYPE", &type, "kind of repository, for a REF without prefix", "model|dataset|space|kernel");
  flags.text("--revision", "REV", &revision, "branch, tag, refs/pr/N or commit, for a REF without @");
}

Result<repo::Reference> ReferenceFlags::parse(const Session& session) const {
  LARDER_TRY(auto context, plain_context(session));
  if (type) {
    LARDER_TRY(context.type, repo::parse_repo_type(*type));
  }
  context.revision = revision;
  return repo::parse_reference(ref, context);
}

Result<repo::Reference> ReferenceFlags::parse_beside(const Session& session, OtherChoices others) const {
  LARDER_TRY(auto reference, parse(session));
  const bool has_path = !reference.path.empty();
  if (others.filter && (others.files || has_path)) {
    return fail(ErrorCode::InvalidArgument, "--include and --exclude do not go with FILE or PATH", "name the files, or filter, not both");
  }
  if (others.files && has_path) {
    return fail(ErrorCode::InvalidArgument, "FILE does not go with a PATH in the reference", "name all files behind the reference");
  }
  if (!reference.quant.empty() && (others.filter || others.files)) {
    return fail(ErrorCode::InvalidArgument, ":" + escape_text(reference.quant) + " does not go with FILE, --include or --exclude");
  }
  return reference;
}

}  // namespace larder::cli
