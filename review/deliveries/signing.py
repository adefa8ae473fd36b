"""Signed webhooks as Standard Webhooks has them: who sent it, that it is whole, and when.

The signature is HMAC-SHA256 over `id.timestamp.body`, in base64 behind `v1,`. The secret is
`whsec_` and base64 of 24 to 64 bytes.

Source: the Standard Webhooks specification, 1.0.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from graph.errors import ConfigError

PREFIX = "whsec_"
_BYTES = range(24, 65)


def secret_bytes(secret: str) -> bytes:
    """The key that a secret holds.

    Raises:
        ConfigError: it is no secret of this form; what it holds is not told.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        message = f"a webhook's secret is `{PREFIX}` and base64; this one is not base64"
        raise ConfigError(message) from error
    if len(key) not in _BYTES:
        message = f"a webhook's secret holds 24 to 64 bytes, not {len(key)}"
        raise ConfigError(message)
    return key


def signed_headers(key: bytes, webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a signed request. `timestamp` is in seconds since 1970 UTC."""
    content = b".".join((webhook_id.encode(), str(timestamp).encode(), body))
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }
