// libcurl's resources as owning types, and its variadic setters as typed ones.
#pragma once

#include <curl/curl.h>

#include <new>
#include <string>
#include <type_traits>
#include <utility>

namespace larder::net {

/// The kinds of options are ranges of numbers. A wrong pairing would make libcurl read some other register, so it must not
/// compile.
template <int Option>
inline constexpr bool kTakesLong = Option >= CURLOPTTYPE_LONG&& Option < CURLOPTTYPE_OBJECTPOINT;
template <int Option>
inline constexpr bool kTakesPointer = Option >= CURLOPTTYPE_OBJECTPOINT&& Option < CURLOPTTYPE_FUNCTIONPOINT;
template <int Option>
inline constexpr bool kTakesFunction = Option >= CURLOPTTYPE_FUNCTIONPOINT&& Option < CURLOPTTYPE_OFF_T;
template <int Option>
inline constexpr bool kTakesOff = Option >= CURLOPTTYPE_OFF_T&& Option < CURLOPTTYPE_BLOB;

/// libcurl's process-wide state, counted by libcurl itself. Thread-safe since 7.84.
class CurlGlobal {
 public:
  CurlGlobal() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  CurlGlobal(const CurlGlobal&) = delete;
  CurlGlobal& operator=(const CurlGlobal&) = delete;
  ~CurlGlobal() { curl_global_cleanup(); }
};

/// A list of header lines.
class CurlList {
 public:
  CurlList() = default;
  CurlList(const CurlList&) = delete;
  CurlList& operator=(const CurlList&) = delete;
  CurlList(CurlList&& other) noexcept : list_(std::exchange(other.list_, nullptr)) {}
  CurlList& operator=(CurlList&& other) noexcept {
    CurlList moved(std::move(other));
    std::swap(list_, moved.list_);
    return *this;
  }
  ~CurlList() { curl_slist_free_all(list_); }

  /// Throws std::bad_alloc.
  void append(const std::string& line) {
    curl_slist* longer = curl_slist_append(list_, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    list_ = longer;
  }
  [[nodiscard]] curl_slist* raw() const noexcept { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

/// TLS sessions shared by the handles of one thread (so it needs no lock functions).
class CurlShare {
 public:
  CurlShare() : share_(curl_share_init()) {
    if (share_ == nullptr) throw std::bad_alloc();
    curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  }
  CurlShare(const CurlShare&) = delete;
  CurlShare& operator=(const CurlShare&) = delete;
  ~CurlShare() { curl_share_cleanup(share_); }
  [[nodiscard]] CURLSH* raw() const noexcept { return share_; }

 private:
  CURLSH* share_;
};

/// One easy handle. The first refused setting is kept.
class CurlEasy {
 public:
  CurlEasy() : easy_(curl_easy_init()) {
    if (easy_ == nullptr) throw std::bad_alloc();
  }
  CurlEasy(const CurlEasy&) = delete;
  CurlEasy& operator=(const CurlEasy&) = delete;
  CurlEasy(CurlEasy&& other) noexcept
      : easy_(std::exchange(other.easy_, nullptr)), refused_(other.refused_), refused_option_(other.refused_option_) {}
  CurlEasy& operator=(CurlEasy&& other) noexcept {
    CurlEasy moved(std::move(other));
    std::swap(easy_, moved.easy_);
    std::swap(refused_, moved.refused_);
    std::swap(refused_option_, moved.refused_option_);
    return *this;
  }
  ~CurlEasy() {
    if (easy_ != nullptr) curl_easy_cleanup(easy_);
  }

  template <CURLoption Option>
  void set_long(long value) {
    static_assert(kTakesLong<Option>);
    note(Option, curl_easy_setopt(easy_, Option, value));
  }
  template <CURLoption Option>
  void set_off(curl_off_t value) {
    static_assert(kTakesOff<Option>);
    note(Option, curl_easy_setopt(easy_, Option, value));
  }
  template <CURLoption Option>
  void set_text(const char* value) {
    static_assert(kTakesPointer<Option>);
    note(Option, curl_easy_setopt(easy_, Option, value));
  }
  template <CURLoption Option>
  void set_text(const std::string& value) {
    set_text<Option>(value.c_str());
  }
  template <CURLoption Option, class T>
  void set_pointer(T* value) {
    static_assert(kTakesPointer<Option>);
    note(Option, curl_easy_setopt(easy_, Option, static_cast<void*>(value)));
  }
  template <CURLoption Option, class Function>
  void set_function(Function* function) {
    static_assert(kTakesFunction<Option> && std::is_function_v<Function>);
    note(Option, curl_easy_setopt(easy_, Option, function));
  }
  /// 0 when the answer is not known.
  template <CURLINFO Info>
  [[nodiscard]] long info_long() const {
    static_assert((Info & CURLINFO_TYPEMASK) == CURLINFO_LONG);
    long value = 0;
    return curl_easy_getinfo(easy_, Info, &value) == CURLE_OK ? value : 0;
  }
  template <CURLINFO Info>
  [[nodiscard]] curl_off_t info_off() const {
    static_assert((Info & CURLINFO_TYPEMASK) == CURLINFO_OFF_T);
    curl_off_t value = 0;
    return curl_easy_getinfo(easy_, Info, &value) == CURLE_OK ? value : 0;
  }

  /// First code with which a setting was refused; CURLE_OK: none was.
  [[nodiscard]] CURLcode refused() const noexcept { return refused_; }
  [[nodiscard]] CURLoption refused_option() const noexcept { return refused_option_; }
  /// Forgets all settings; connections and sessions stay.
  void reset() noexcept {
    curl_easy_reset(easy_);
    refused_ = CURLE_OK;
  }
  CURLcode unpause() noexcept { return curl_easy_pause(easy_, CURLPAUSE_CONT); }
  [[nodiscard]] CURL* raw() const noexcept { return easy_; }

 private:
  void note(CURLoption option, CURLcode code) noexcept {
    if (refused_ != CURLE_OK || code == CURLE_OK) return;
    refused_ = code;
    refused_option_ = option;
  }
  CURL* easy_;
  CURLcode refused_ = CURLE_OK;
  CURLoption refused_option_{};
};

/// The multi handle. Handles must be removed before it goes.
class CurlMulti {
 public:
  CurlMulti() : multi_(curl_multi_init()) {
    if (multi_ == nullptr) throw std::bad_alloc();
  }
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;
  ~CurlMulti() { curl_multi_cleanup(multi_); }

  template <CURLMoption Option>
  void set_long(long value) {
    static_assert(kTakesLong<Option>);
    curl_multi_setopt(multi_, Option, value);
  }
  template <CURLMoption Option, class Function>
  void set_function(Function* function) {
    static_assert(kTakesFunction<Option> && std::is_function_v<Function>);
    curl_multi_setopt(multi_, Option, function);
  }
  template <CURLMoption Option, class T>
  void set_pointer(T* value) {
    static_assert(kTakesPointer<Option>);
    curl_multi_setopt(multi_, Option, static_cast<void*>(value));
  }
  [[nodiscard]] bool add(const CurlEasy& easy) noexcept { return curl_multi_add_handle(multi_, easy.raw()) == CURLM_OK; }
  void remove(const CurlEasy& easy) noexcept { curl_multi_remove_handle(multi_, easy.raw()); }
  /// Something happened at this socket, or, with CURL_SOCKET_TIMEOUT, it is time for what is due.
  void act(curl_socket_t socket, int what) noexcept {
    int running = 0;
    curl_multi_socket_action(multi_, socket, what, &running);
  }
  /// What the socket callback is told when it is called for this socket again.
  void mark(curl_socket_t socket, void* value) noexcept { curl_multi_assign(multi_, socket, value); }
  /// The next finished transfer; null when there is none.
  [[nodiscard]] CURLMsg* next_message() noexcept {
    int left = 0;
    return curl_multi_info_read(multi_, &left);
  }

 private:
  CURLM* multi_;
};

}  // namespace larder::net
