#include <larder/config/token.hpp>

#include "base/escape.hpp"
#include "base/shortage.hpp"

#include <larder/base/token_text.hpp>
#include <larder/config/table.hpp>

#include <array>

namespace larder::config {
namespace {

constexpr std::array kTokenVariables{
    TokenVariable{"HF_TOKEN", "the token"},
    TokenVariable{"HUGGING_FACE_HUB_TOKEN", "the same, where HF_TOKEN is unset or empty"},
    TokenVariable{"HF_OIDC_RESOURCE",
                  "a repository or a user name: the identity of this CI job is exchanged for a token for it, and no other token is used"},
    TokenVariable{"HF_OIDC_ID_TOKEN",
                  "that identity, where the CI gives one; in a job of GitHub Actions with `id-token: write` it is asked for"},
};

/// Chooses by the layers of docs/manual.md "Which token"; the order is drawn at `run`.
class Chooser {
 public:
  Chooser(const Loaded& loaded, const Variables& environment, const ReadFile& read)
      : loaded_(loaded), environment_(environment), read_(read), file_source_(loaded.source("token_file")) {}

  /// flag > LARDER_TOKEN_FILE > HF_OIDC_RESOURCE > HF_TOKEN, HUGGING_FACE_HUB_TOKEN > HF_TOKEN_PATH, user file, <HF_HOME>/token
  Result<TokenChoice> run() {
    if (file_source_.origin == Origin::Flag) return from_named_file();
    if (loaded_.source("endpoint").origin == Origin::Project) {
      TokenChoice none;
      none.warnings.push_back("no token is sent to " + escape_text(loaded_.settings.endpoint) + ", which " +
                              escape_text(loaded_.places.project_config) + " chose; --token-file gives it one");
      return none;
    }
    if (file_source_.from == "LARDER_TOKEN_FILE") return from_named_file();
    if (loaded_.settings.disable_implicit_token) return TokenChoice{};  // before any look-up
    LARDER_TRY(auto identity, from_identity());
    if (identity.identity) return identity;
    LARDER_TRY(auto choice, from_variable());
    if (choice.token) return choice;
    return from_token_file();
  }

 private:
  /// Empty when unset.
  [[nodiscard]] std::string variable(std::string_view name) const {
    const auto found = environment_.find(name);
    return found == environment_.end() ? std::string() : found->second;
  }

  [[nodiscard]] Result<Secret> secret_variable(std::string_view name) const {
    auto text = clean_token(variable(name));
    if (!is_possible_token(text)) return fail(ErrorCode::InvalidConfig, std::string(name) + ": holds characters that no token has");
    return Secret(std::move(text));
  }

  /// Asked for on purpose: what is missing is told when the exchange is tried, and no other token takes its place.
  [[nodiscard]] Result<TokenChoice> from_identity() const {
    TokenChoice choice;
    if (variable("HF_OIDC_RESOURCE").empty()) return choice;
    CiIdentity identity;
    identity.resource = variable("HF_OIDC_RESOURCE");
    LARDER_TRY(identity.id_token, secret_variable("HF_OIDC_ID_TOKEN"));
    if (variable("GITHUB_ACTIONS") == "true") {
      identity.mint_url = variable("ACTIONS_ID_TOKEN_REQUEST_URL");
      LARDER_TRY(identity.mint_token, secret_variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN"));
    }
    choice.identity = std::move(identity);
    choice.source = "oidc";
    choice.description = "HF_OIDC_RESOURCE";
    return choice;
  }

  Result<TokenChoice> from_variable() {
    for (const std::string_view name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
      const auto found = environment_.find(name);
      // By the raw value: a blank HF_TOKEN hides the old name and is then no token at all.
      if (found == environment_.end() || found->second.empty()) continue;
      return accept(found->second, std::string(name), std::string(name));
    }
    return TokenChoice{};
  }

  Result<TokenChoice> from_named_file() {
    const auto origin = file_source_.from + " " + escape_text(loaded_.settings.token_file);
    LARDER_TRY(const auto file, with_context(read_(loaded_.settings.token_file, FileShape::Any), file_source_.from));
    if (!file) return fail(ErrorCode::InvalidArgument, origin + ": no such file");
    LARDER_TRY(auto choice, accept(file->text, file_source_.origin == Origin::Flag ? "flag" : "file", origin));
    if (!choice.token) return fail(ErrorCode::InvalidArgument, origin + ": holds no token");
    warn_of_mode(*file, choice);
    return choice;
  }

  Result<TokenChoice> from_token_file() {
    // One that is there and can't be read is no missing one: without it private repositories would seem not to exist.
    auto read = with_context(read_(loaded_.settings.token_file, FileShape::Expected), "token file");
    if (!read) {
      Error error = std::move(read).error();
      if (!lacks_descriptors(error))  // which another token would not mend
        error.hint = "write it anew: larder auth login; name another one: HF_TOKEN, --token-file; or none: HF_HUB_DISABLE_IMPLICIT_TOKEN=1";
      return fail(std::move(error));
    }
    const auto& file = *read;
    if (!file) return TokenChoice{};
    LARDER_TRY(auto choice, accept(file->text, "file", "token file " + escape_text(loaded_.settings.token_file)));
    if (choice.token) warn_of_mode(*file, choice);
    return choice;
  }

  static Result<TokenChoice> accept(std::string_view raw, std::string source, std::string description) {
    auto token = clean_token(raw);
    if (!is_possible_token(token)) {
      return fail(ErrorCode::InvalidConfig, description + ": holds characters that no token has", "paste the token again");
    }
    TokenChoice choice;
    if (token.empty()) return choice;
    choice.token = Secret(std::move(token));
    choice.source = std::move(source);
    choice.description = std::move(description);
    return choice;
  }

  void warn_of_mode(const SmallFile& file, TokenChoice& choice) const {
    const auto path = escape_text(loaded_.settings.token_file);
    if (file.is_foreign) choice.warnings.push_back("token file " + path + " belongs to another user");
    if ((file.mode & 0077U) != 0) choice.warnings.push_back("token file " + path + " can be read by others; `chmod 600` it");
  }

  const Loaded& loaded_;
  const Variables& environment_;
  const ReadFile& read_;
  const Source& file_source_;
};

}  // namespace

std::span<const TokenVariable> token_variables() { return kTokenVariables; }

Result<TokenChoice> choose_token(const Loaded& loaded, const Variables& environment, const ReadFile& read) {
  return Chooser(loaded, environment, read).run();
}

}  // namespace larder::config
