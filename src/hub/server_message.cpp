#include "hub/server_message.hpp"

#include "base/escape.hpp"
#include "base/json_fields.hpp"
#include "base/text.hpp"
#include "hub/web_page.hpp"

#include <algorithm>
#include <vector>

namespace larder::hub {
namespace {

constexpr std::size_t kRead = 64UL * 1024;  // T35
constexpr std::size_t kShown = 500;         // T35

// Each text once, in the order they come.
class Texts {
 public:
  void add(std::string_view text) {
    const std::string trimmed(trim(text));
    if (!trimmed.empty() && std::find(texts_.begin(), texts_.end(), trimmed) == texts_.end()) texts_.push_back(trimmed);
  }
  void add(const Json* value) {
    if (value != nullptr && value->is_string()) add(value->get_ref<const std::string&>());
  }
  [[nodiscard]] std::string shown() const { return escape_text(join(texts_, "; "), kShown); }

 private:
  std::vector<std::string> texts_;
};

const Json* member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

void add_body(const Json& body, Texts& texts) {
  if (!body.is_object()) return;
  const Json* error = member(body, "error");
  texts.add(error);
  if (error != nullptr && error->is_array()) {
    for (const Json& one : *error) texts.add(&one);
  }
  texts.add(member(body, "error_description"));
  texts.add(member(body, "message"));
  const Json* errors = member(body, "errors");
  if (errors == nullptr || !errors->is_array()) return;
  for (const Json& one : *errors) {
    if (one.is_object()) texts.add(member(one, "message"));
  }
}

}  // namespace

std::string server_message(const net::Response& response) {
  Texts texts;
  if (const auto header = response.head.headers.find("x-error-message")) texts.add(*header);
  const std::string_view body = std::string_view(response.body).substr(0, kRead);
  if (is_web_page(response.head, body)) {
    texts.add(page_title(body));
  } else if (const auto json = parse_json(body)) {
    add_body(*json, texts);
  } else {
    texts.add(body);
  }
  return texts.shown();
}

}  // namespace larder::hub
