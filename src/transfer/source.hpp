// BlobSource: who can be asked for a file's bytes.
#pragma once

#include <larder/base/clock.hpp>
#include <larder/net/http.hpp>
#include <larder/repo/tree.hpp>

#include <memory>
#include <optional>
#include <string>

namespace larder::transfer {

/// One place that answers `resolve` for this commit: the Hub, or a `--mirror`. The engine follows its redirects and keeps the Location it
/// ends at. Thread: the engine's.
class BlobSource {
 public:
  BlobSource() = default;
  BlobSource(const BlobSource&) = delete;
  BlobSource& operator=(const BlobSource&) = delete;
  virtual ~BlobSource() = default;
  /// For messages: "huggingface.co", "mirror http://host:port".
  [[nodiscard]] virtual std::string name() const = 0;
  /// Where to ask for this file, by commit.
  [[nodiscard]] virtual Result<Url> url(const repo::FileEntry& file) const = 0;
  /// The token for the next request, bound to its origin; nullopt: anonymous (T47).
  [[nodiscard]] virtual std::optional<net::Credentials> credentials() const = 0;
  /// What else goes along to `url`, any hop of the way to the bytes.
  [[nodiscard]] virtual net::Headers headers(const Url& /*url*/) const { return {}; }
  /// Checks the headers of an answer of this source's own origin against the tree, and turns error answers into Errors.
  [[nodiscard]] virtual Result<void> check(const net::ResponseHead& head, const repo::FileEntry& file) const = 0;
  [[nodiscard]] virtual Error classify(const net::Response& response, WallTime now) const = 0;
};

}  // namespace larder::transfer
