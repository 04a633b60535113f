#include <nettle/md5.h>
#include <nettle/sha2.h>
#include <nettle/version.h>

// Version 4 leaves the length away: what is written is always the whole digest.
static inline void vaec_md5_finish(struct md5_ctx *context, uint8_t *digest) {
#if NETTLE_VERSION_MAJOR >= 4
  md5_digest(context, digest);
#else
  md5_digest(context, MD5_DIGEST_SIZE, digest);
#endif
}

static inline void vaec_sha256_finish(struct sha256_ctx *context, uint8_t *digest) {
#if NETTLE_VERSION_MAJOR >= 4
  sha256_digest(context, digest);
#else
  sha256_digest(context, SHA256_DIGEST_SIZE, digest);
#endif
}
