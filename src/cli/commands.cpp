#include "cli/command.hpp"

#include <algorithm>
#include <array>

namespace larder::cli {
namespace {

constexpr std::array kGroups{
    GroupRow{"auth", "who you are: log in, log out, choose a token"},
    GroupRow{"cache", "what is in the cache: list, remove, verify, protect"},
};

constexpr std::array kCommands{
    CommandRow{"pull", "download a repository, or some of its files",
               "larder pull org/name                          # prints the snapshot folder\n"
               "larder pull org/name config.json              # one file; prints its path\n"
               "larder pull org/name@v1.0 --include '*.json'  # what matches, at a tag\n"
               "larder pull org/name:Q4_K_M                   # one GGUF quantisation\n"
               "larder pull datasets/org/name --local-dir data\n"
               "larder pull org/name --prefer safetensors     # no weights twice\n"
               "larder pull org/name --offline                # only what is here; no request\n",
               "Prints one line: the path of the snapshot folder, of the file when exactly one was asked for by FILE or PATH, or of DIR.\n"
               "Files are checked by digest before they appear under their name. An interrupted pull goes on where it stopped: give the\n"
               "same command again. When the Hub cannot be asked there is no silent fall-back to the cache; use --offline.\n",
               make_pull},
    CommandRow{"plan", "say what pull would do, without fetching",
               "larder plan org/name\n"
               "larder plan org/name --prefer safetensors --json\n",
               "Per file: what would happen and why; then bytes to fetch, requests, free space needed and present. Writes nothing.\n",
               make_plan},
    CommandRow{"resolve", "print the commit a revision stands for",
               "larder resolve org/name                # 40 hex digits\n"
               "larder resolve org/name@v1.0\n"
               "larder resolve org/name --offline      # by what the cache knows\n",
               "", make_resolve},
    CommandRow{"files", "list the files at a revision",
               "larder files org/name\n"
               "larder files org/name@v1.0 --include '*.gguf'\n"
               "larder files org/name --json\n",
               "Size, digest and path of each file.\n", make_files},
    CommandRow{"cache ls", "list what is in the cache",
               "larder cache ls\n"
               "larder cache ls --filter 'size>1GB' --sort accessed:asc --limit 10\n"
               "larder cache ls --revisions --json\n",
               "Filters: size, accessed, modified (an age), refs, type with = != < > <= >=. Sort keys: accessed, modified, size, name.\n",
               make_cache_ls},
    CommandRow{"cache rm", "remove repositories, revisions or files from the cache",
               "larder cache rm model/org/name\n"
               "larder cache rm hf://datasets/org/name/big.parquet --dry-run\n"
               "larder cache rm 0123456 --yes                # a revision, by 7 digits or more\n",
               "What a running pull uses stays. A target that is not here is a warning.\n", make_cache_rm},
    CommandRow{"cache prune", "remove detached revisions and what dead downloads left",
               "larder cache prune --dry-run\n"
               "larder cache prune --yes\n",
               "Never a pinned commit, never one pulled by commit, never what is being downloaded.\n", make_cache_prune},
    CommandRow{"cache gc", "remove revisions by size, age or number, oldest use first",
               "larder cache gc --max-size 500G --yes\n"
               "larder cache gc --older-than 30d --keep-last 2 --dry-run\n",
               "At least one of --max-size, --older-than and --keep-last is needed. Never what is pinned or in use.\n", make_cache_gc},
    CommandRow{"cache verify", "check every byte in the cache against its digest",
               "larder cache verify\n"
               "larder cache verify org/name --repair        # fetch again what is damaged\n"
               "larder cache verify org/name --local-dir data\n",
               "No network, but with --repair. Damage: exit 7. Foreign files and partial downloads are notes.\n", make_cache_verify},
    CommandRow{
        "cache adopt", "take over files that are on this machine already, by digest",
        "larder cache adopt ~/old-cache\n"
        "larder cache adopt /media/usb/name org/name@v1.0\n"
        "larder cache adopt ~/.ollama/models org/name-GGUF --link\n",
        "A folder of --local-dir, an Ollama or LM Studio store, a copied folder, another cache. DIR is never changed; a ref is written\n"
        "only for a complete snapshot.\n",
        make_cache_adopt},
    CommandRow{"cache pin", "protect revisions from prune and gc", "larder cache pin org/name@v1.0\n",
               "By commit: a branch is looked up in the cache.\n", make_cache_pin},
    CommandRow{"cache unpin", "take the protection away", "larder cache unpin org/name@v1.0\n", "", make_cache_unpin},
    CommandRow{"auth login", "store a token, checked with the Hub",
               "larder auth login                  # asks; nothing is shown\n"
               "pass show hf | larder auth login --token-stdin\n"
               "larder auth login --device         # with a browser, here or elsewhere\n",
               "The files are those of hf.\n", make_auth_login},
    CommandRow{"auth logout", "remove stored tokens",
               "larder auth logout\n"
               "larder auth logout --token-name 'ci read-only'\n",
               "", make_auth_logout},
    CommandRow{"auth whoami", "ask the Hub whose token is in use", "larder auth whoami --json\n", "", make_auth_whoami},
    CommandRow{"auth status", "say where the token in use comes from, without a request", "larder auth status\n",
               "No part of a token is shown. No token: exit 4.\n", make_auth_status},
    CommandRow{"auth list", "list the stored tokens by name", "larder auth list\n", "", make_auth_list},
    CommandRow{"auth switch", "use another stored token", "larder auth switch --token-name 'ci read-only'\n", "", make_auth_switch},
    CommandRow{"env", "print versions, paths and every setting with its origin",
               "larder env\n"
               "larder env --json\n",
               "No secret is printed.\n", make_env},
    CommandRow{"doctor", "try what can go wrong: network, file system, token",
               "larder doctor\n"
               "larder doctor fs --json\n"
               "larder doctor net --endpoint https://mirror.example\n",
               "One line a check, with the remedy. Exit 0 when nothing failed, else 5, 8 or 4 for net, fs, auth; 10 for several.\n",
               make_doctor},
    CommandRow{"completion", "print a completion script for a shell",
               "larder completion bash > ~/.local/share/bash-completion/completions/larder\n"
               "larder completion zsh > ~/.zfunc/_larder\n"
               "larder completion fish > ~/.config/fish/completions/larder.fish\n",
               "", make_completion},
};

}  // namespace

std::span<const CommandRow> commands() { return kCommands; }

std::span<const GroupRow> groups() { return kGroups; }

std::string_view group_of(std::string_view command) {
  const auto blank = command.find(' ');
  return blank == std::string_view::npos ? std::string_view() : command.substr(0, blank);
}

}  // namespace larder::cli
