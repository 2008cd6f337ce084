// Which certificates are trusted.
#pragma once

#include <larder/config/load.hpp>

namespace larder::config {

/// SSL_CERT_FILE, else SSL_CERT_DIR, else REQUESTS_CA_BUNDLE, else CURL_CA_BUNDLE (each a file or a folder); nothing: the system's store.
void choose_trust(const Variables& environment, Loaded& loaded);

}  // namespace larder::config
