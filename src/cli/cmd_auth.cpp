// larder auth login, logout, whoami, status, list, switch
#include "base/escape.hpp"
#include "base/text.hpp"
#include "cli/auth_document.hpp"
#include "cli/command.hpp"
#include "cli/prompt.hpp"
#include "cli/services.hpp"
#include "cli/text_table.hpp"

#include <larder/base/byte_size.hpp>
#include <larder/base/token_text.hpp>
#include <larder/config/token.hpp>

#include <unistd.h>

#include <algorithm>

namespace larder::cli {
namespace {

auth::TokenStore open_store(Session& session, ops::Services& services) {
  return {services.disk, services.clock, services.random, session.config.settings.token_file};
}

void declare_rest(Flags& flags, bool asks_hub) {
  if (asks_hub) {
    flags.settings({"endpoint", "token_file", "offline", "timeout", "retries"});
  } else {
    flags.settings({"endpoint", "token_file"});
  }
  flags.json();
  flags.quiet("print names only");
  flags.common();
}

/// The chosen token with what is stored about it. Errors: AuthRequired when there is none.
Result<ops::TokenFacts> token_facts(Session& session, ops::Services& services) {
  LARDER_TRY(const auto* choice, session.workshop.desk().choice());
  if (!choice->is_there()) return fail(ErrorCode::AuthRequired, "no token", "larder auth login, or set HF_TOKEN");
  ops::TokenFacts facts{choice->source, choice->description, "", "", std::nullopt};
  const auto state = open_store(session, services).read();
  if (!state || !choice->token) return facts;  // the token is there all the same; only its name is not known
  for (const auto& stored : state->tokens) {
    if (stored.token().reveal() != choice->token->reveal()) continue;
    facts.name = stored.name();
    facts.expires_at = stored.expires_at();
  }
  return facts;
}

class Login final : public Command {
 public:
  void declare(Flags& flags) override {
    flags.toggle("--token-stdin", &from_stdin_, "read the token from stdin");
    flags.toggle("--device", &by_device_, "log in with a browser, on this machine or another");
    declare_rest(flags, true);
  }

  Result<void> run(Session& session) override { return with_context(login(session), "auth login"); }

 private:
  Result<void> login(Session& session) {
    if (from_stdin_ && by_device_) return fail(ErrorCode::InvalidArgument, "--token-stdin does not go with --device");
    if (session.config.settings.offline) return fail(ErrorCode::InvalidArgument, "a login has to ask the Hub, which offline forbids");
    if (!from_stdin_ && !by_device_ && ::isatty(STDIN_FILENO) != 1) {
      return fail(ErrorCode::InvalidArgument, "nobody can be asked", "--token-stdin reads a token, --device logs in with a browser");
    }
    LARDER_TRY(const auto token, read_token(session));
    LARDER_TRY(auto* services, session.workshop.local_services());  // the old token has no part in it
    auto store = open_store(session, *services);
    session.workshop.tell_who_gets("the token of this login");
    const auto show = [&](const auth::DeviceCode& code) {
      session.report.line("open " + escape_text(code.verification_url) + " and confirm the code " + escape_text(code.user_code));
    };
    LARDER_TRY(const auto report,
               token.empty() ? ops::login_by_device(*services, store, session.config.settings.oauth_client_id, show, session.cancel)
                             : ops::login(*services, store, token, session.cancel));
    LARDER_TRY(const auto* choice, session.workshop.desk().choice());
    if (choice->source != "file" && choice->is_there()) session.report.warning(choice->description + " goes before the stored token");
    tell(session, report);
    return {};
  }

  /// Empty: by device.
  Result<Secret> read_token(Session& session) const {
    if (by_device_) return Secret();
    LARDER_TRY(const auto text, from_stdin_ ? read_stdin(session.cancel) : ask_for_token(session));
    auto token = clean_token(text);
    if (token.empty() && from_stdin_) return fail(ErrorCode::InvalidArgument, "stdin holds no token");
    if (!is_possible_token(token)) return fail(ErrorCode::InvalidArgument, "it holds characters that no token has");
    TokenDesk::guard(Secret(token));
    return Secret(std::move(token));
  }

  static Result<std::string> ask_for_token(Session& session) {
    LARDER_TRY(const auto answer, ask("token (nothing: log in with a browser): ", Echo::Off, session.cancel));
    if (!answer) return fail(ErrorCode::InvalidArgument, "cancelled, nothing was changed", "an empty line logs in with a browser");
    return *answer;
  }

  static void tell(Session& session, const ops::LoginReport& report) {
    if (session.json) {
      AuthDocument document;
      document.token = ops::TokenFacts{"file", "", report.name, report.who.role, std::nullopt};
      document.who = report.who;
      write_auth_document(session, document);
    } else if (session.quiet) {
      session.out.line(escape_text(report.who.name));
    } else {
      session.out.line("logged in as " + escape_text(report.who.name) + "; the token is stored as '" + escape_text(report.name) + "'");
    }
  }

  bool from_stdin_ = false;
  bool by_device_ = false;
};

class Logout final : public Command {
 public:
  void declare(Flags& flags) override {
    flags.text("--token-name", "NAME", &name_, "only this stored token");
    declare_rest(flags, false);
  }

  Result<void> run(Session& session) override { return with_context(logout(session), "auth logout"); }

 private:
  Result<void> logout(Session& session) {
    LARDER_TRY(auto* services, session.workshop.local_services());
    auto store = open_store(session, *services);
    bool was_there = true;
    if (name_) {
      LARDER_CHECK(store.remove(*name_, session.cancel));
    } else {
      LARDER_TRY(was_there, store.remove_all(session.cancel));
    }
    LARDER_CHECK(check_nothing_left(session, was_there));
    if (session.json) {
      write_auth_document(session, {});
    } else if (!session.quiet) {
      session.out.line(was_there ? "logged out" : "nothing was stored");
    }
    return {};
  }

  /// with a token from elsewhere the user is not logged out, which is an error as with `hf`; another stored token is a warning.
  static Result<void> check_nothing_left(Session& session, bool was_there) {
    LARDER_TRY(const auto* choice, session.workshop.desk().choice());
    if (!choice->is_there()) return {};
    if (!session.workshop.desk().is_stored_login()) {
      const std::string done = was_there ? "the stored token is gone, but " : "nothing was stored, and ";
      return fail(ErrorCode::Partial, done + choice->description + " still holds one that is used", "unset " + choice->description);
    }
    session.report.warning("still in use: the token of " + choice->description);
    return {};
  }

  std::optional<std::string> name_;
};

class Whoami final : public Command {
 public:
  void declare(Flags& flags) override { declare_rest(flags, true); }

  Result<void> run(Session& session) override { return with_context(ask_hub(session), "auth whoami"); }

 private:
  static Result<void> ask_hub(Session& session) {
    LARDER_TRY(auto* services, session.workshop.services());
    AuthDocument document;
    LARDER_TRY(document.token, token_facts(session, *services));
    if (session.config.settings.offline) return fail(ErrorCode::NotInCache, "only the Hub knows, and it may not be asked offline");
    LARDER_TRY(document.who, services->hub.whoami(session.cancel));
    document.token->role = document.who->role;
    if (document.token->name.empty()) document.token->name = document.who->token_name;
    if (session.json) {
      write_auth_document(session, document);
      return {};
    }
    session.out.line(escape_text(document.who->name));
    if (session.quiet) return {};
    if (!document.who->orgs.empty()) session.out.line("orgs: " + escape_text(join(document.who->orgs, ", ")));
    session.out.line("token: " + document.token->description +
                     (document.who->role.empty() ? "" : " (" + escape_text(document.who->role) + ")"));
    return {};
  }
};

class Status final : public Command {
 public:
  void declare(Flags& flags) override { declare_rest(flags, false); }

  Result<void> run(Session& session) override { return with_context(tell(session), "auth status"); }

 private:
  static Result<void> tell(Session& session) {
    LARDER_TRY(auto* services, session.workshop.local_services());
    LARDER_TRY(const auto facts, token_facts(session, *services));
    if (session.json) {
      AuthDocument document;
      document.token = facts;
      write_auth_document(session, document);
    } else if (session.quiet) {
      session.out.line(facts.source);
    } else {
      const auto stored = facts.name.empty() ? "" : ", stored as '" + escape_text(facts.name) + "'";
      const auto expires = facts.expires_at ? ", expires " + expiry_text(*facts.expires_at) : "";
      session.out.line("in use: " + facts.description + stored + expires + ", for " + escape_text(session.config.settings.endpoint));
    }
    return {};
  }
};

class List final : public Command {
 public:
  void declare(Flags& flags) override { declare_rest(flags, false); }

  Result<void> run(Session& session) override { return with_context(list(session), "auth list"); }

 private:
  static Result<void> list(Session& session) {
    LARDER_TRY(auto* services, session.workshop.local_services());
    LARDER_TRY(const auto state, open_store(session, *services).read());
    AuthDocument document;
    document.stored = ops::stored_facts(state);
    note_use(session, *document.stored);
    if (session.json) {
      write_auth_document(session, document);
      return {};
    }
    using Align = TextTable::Align;
    TextTable table({Align::Left, Align::Left, Align::Left});
    for (const auto& stored : *document.stored) {
      if (session.quiet) session.out.line(escape_text(stored.name));
      const auto expires = stored.expires_at ? "expires " + expiry_text(*stored.expires_at) : "";
      table.add({stored.is_active ? "*" : " ", escape_text(stored.name), expires});
    }
    if (!session.quiet) table.print(session.out);
    return {};
  }

  /// What the list does not show: that it is empty, or that another token is in use.
  static void note_use(Session& session, const std::vector<ops::StoredFacts>& stored) {
    const auto choice = session.workshop.desk().choice();
    const bool is_other = choice && (*choice)->is_there() && !session.workshop.desk().is_stored_login();
    const bool has_active = std::any_of(stored.begin(), stored.end(), [](const ops::StoredFacts& one) { return one.is_active; });
    if (stored.empty()) session.report.note("no token is stored; `larder auth login` stores one");
    if (is_other) session.report.note("in use is the token of " + (*choice)->description + ", which goes before stored ones");
    if (!stored.empty() && !has_active && !is_other) session.report.note("none of them is in use; `larder auth switch` chooses one");
  }
};

class Switch final : public Command {
 public:
  void declare(Flags& flags) override {
    flags.text("--token-name", "NAME", &name_, "the stored token to use from now on");
    declare_rest(flags, false);
  }

  Result<void> run(Session& session) override { return with_context(change(session), "auth switch"); }

 private:
  Result<void> change(Session& session) {
    if (!name_) return fail(ErrorCode::InvalidArgument, "--token-name is missing", "`larder auth list` shows the names");
    LARDER_TRY(auto* services, session.workshop.local_services());
    auto store = open_store(session, *services);
    LARDER_CHECK(store.activate(*name_, session.cancel));
    LARDER_TRY(const auto facts, token_facts(session, *services));
    if (facts.source != "file") session.report.warning(facts.description + " goes before the stored token");
    if (session.json) {
      AuthDocument document;
      document.token = facts;
      write_auth_document(session, document);
    } else if (!session.quiet) {
      session.out.line("active: " + escape_text(*name_));
    }
    return {};
  }

  std::optional<std::string> name_;
};

}  // namespace

std::unique_ptr<Command> make_auth_login() { return std::make_unique<Login>(); }
std::unique_ptr<Command> make_auth_logout() { return std::make_unique<Logout>(); }
std::unique_ptr<Command> make_auth_whoami() { return std::make_unique<Whoami>(); }
std::unique_ptr<Command> make_auth_status() { return std::make_unique<Status>(); }
std::unique_ptr<Command> make_auth_list() { return std::make_unique<List>(); }
std::unique_ptr<Command> make_auth_switch() { return std::make_unique<Switch>(); }

}  // namespace larder::cli
