// HubState: what a fake Hub knows: repositories, moves, users, faults to come, signed URLs.
#pragma once

#include "support/fault.hpp"
#include "support/hub_repo.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace larder::test {

/// A fault that strikes now, and how often it has before.
struct Strike {
  Fault fault;
  int use = 0;
};

/// Thread: any.
class HubState {
 public:
  /// Adds a repository, or replaces the one of the same type and id.
  void put(HubRepo repo);
  /// Changes a copy of a repository and puts it in place at once. Throws std::out_of_range when it is not there.
  void edit(const std::string& type, const std::string& id, const std::function<void(HubRepo&)>& change);
  /// Ids compare without case (S-7); nullptr: unknown.
  [[nodiscard]] std::shared_ptr<const HubRepo> find(const std::string& type, const std::string& id) const;
  [[nodiscard]] std::vector<std::shared_ptr<const HubRepo>> all() const;

  void move(const std::string& type, const std::string& from, const std::string& to);
  [[nodiscard]] std::optional<std::string> moved_to(const std::string& type, const std::string& id) const;

  void add_fault(const std::string& target, Fault fault);
  void clear_faults();
  /// The first fault for one of `targets` that `applies`; it is used up once by this.
  std::optional<Strike> strike(const std::vector<std::string>& targets, const std::function<bool(const Fault&)>& applies);
  /// The same without using it up.
  [[nodiscard]] std::optional<Fault> pending(const std::string& target, FaultKind kind) const;

  /// "authorization_pending", "access_denied" …: what the next questions of a device flow are answered with; then the login is granted.
  void set_device_answers(std::vector<std::string> words);
  std::optional<std::string> next_device_answer();

  /// A new signature for a CDN URL.
  std::string sign();
  [[nodiscard]] bool is_signed(const std::string& signature) const;
  /// All signatures given so far are void from now on.
  void expire_signatures();

 private:
  struct Active {
    std::string target;
    Fault fault;
    int uses = 0;
  };
  using Key = std::pair<std::string, std::string>;  // type, id in lower case
  static Key key(const std::string& type, const std::string& id);

  mutable std::mutex lock_;
  std::map<Key, std::shared_ptr<const HubRepo>> repos_;
  std::map<Key, std::string> moves_;
  std::vector<Active> faults_;
  std::vector<std::string> device_answers_;
  std::set<std::string> signatures_;
  int signed_ = 0;
};

}  // namespace larder::test
