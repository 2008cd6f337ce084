// larder.auth/1: each auth command says the fields it knows.
#pragma once

#include "cli/session.hpp"

#include <larder/ops/auth.hpp>

#include <optional>
#include <string>
#include <vector>

namespace larder::cli {

struct AuthDocument {
  std::optional<ops::TokenFacts> token;
  std::optional<hub::Whoami> who;
  std::optional<std::vector<ops::StoredFacts>> stored;
};
void write_auth_document(Session& session, const AuthDocument& document);

/// "2026-11-23T22:05:00Z" of Unix seconds.
std::string expiry_text(std::int64_t seconds);

}  // namespace larder::cli
