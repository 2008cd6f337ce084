// Which token is used (R-401… ). OAuth refresh, stored tokens and the exchange of an identity are in room auth.
#pragma once

#include <larder/base/result.hpp>
#include <larder/base/secret.hpp>
#include <larder/config/load.hpp>
#include <larder/config/small_file.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace larder::config {

/// A variable that says which token is used; they hold secrets or name one, so they are no settings that `env` shows.
struct TokenVariable {
  std::string_view name;
  std::string_view help;
};
/// For the manual; the order is told at `choose_token`.
std::span<const TokenVariable> token_variables();

/// The identity of a CI job, that HF_OIDC_RESOURCE wants to be used instead of any token: exchanged when one is needed.
struct CiIdentity {
  std::string resource;  ///< HF_OIDC_RESOURCE
  Secret id_token;       ///< HF_OIDC_ID_TOKEN; may be empty
  std::string mint_url;  ///< on GitHub Actions: where an id token is asked for, and with what
  Secret mint_token;
};

/// The chosen token, or none.
struct TokenChoice {
  std::optional<Secret> token;
  std::optional<CiIdentity> identity;  ///< set iff the source is "oidc"; the token comes with the exchange
  std::string source;                  ///< "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "file", "flag", "oidc"; empty: no token
  std::string description;             ///< "HF_TOKEN", "token file /home/…": for messages
  std::vector<std::string> warnings;   ///< file mode (T44), why none is sent
  [[nodiscard]] bool is_there() const { return token || identity; }
};

/// --token-file, LARDER_TOKEN_FILE, HF_OIDC_RESOURCE, HF_TOKEN or HUGGING_FACE_HUB_TOKEN, then the token file. An endpoint chosen by the
/// project file gets only the first (T47). Errors: InvalidConfig or InvalidArgument: a file named on purpose that is missing or
/// empty, a token with characters no token has (T34). The token is never part of a message.
Result<TokenChoice> choose_token(const Loaded& loaded, const Variables& environment, const ReadFile& read);

}  // namespace larder::config
