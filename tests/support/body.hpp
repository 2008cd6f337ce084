// Body: bytes a test server sends, made as they are asked for, so that a 10 GB file costs no memory.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace larder::test {

/// A value: cheap to copy, never changes. Thread: any.
class Body {
 public:
  using Fill = std::function<void(std::uint64_t offset, std::span<char> into)>;

  Body() = default;  ///< empty
  Body(std::uint64_t size, Fill fill);

  /// These bytes.
  static Body text(std::string bytes);
  /// `size` bytes that look random and are the same for the same `seed`; not compressible.
  static Body pattern(std::uint64_t size, std::uint64_t seed = 1);
  /// A file on this machine, read when asked. Throws std::runtime_error when it can't be opened.
  static Body file(const std::string& path);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Fills `into` from `offset`; the range must lie inside the body.
  void read(std::uint64_t offset, std::span<char> into) const;
  /// [begin, end) in memory.
  [[nodiscard]] std::string slice(std::uint64_t begin, std::uint64_t end) const;
  [[nodiscard]] std::string all() const { return slice(0, size_); }

  /// The same but for one byte at `offset`, all of whose bits are flipped.
  [[nodiscard]] Body flipped(std::uint64_t offset) const;
  /// The same up to `at`, then the bytes of `other`; the size stays.
  [[nodiscard]] Body spliced(std::uint64_t at, const Body& other) const;
  /// Cut, or padded with '!', to `size`.
  [[nodiscard]] Body resized(std::uint64_t size) const;

  /// 64 hex: sha256 of the bytes (the name of an LFS blob, R-308).
  [[nodiscard]] std::string sha256() const;
  /// 40 hex: sha1 of "blob SIZE\0" and the bytes (the name of a regular blob, R-308).
  [[nodiscard]] std::string git_sha1() const;

 private:
  std::uint64_t size_ = 0;
  Fill fill_;
};

}  // namespace larder::test
