"""Words that tell what somebody comes for, by whom, or how often; no message says them."""

import re

HEALTH = re.compile(
    r"acupunct|needle|cosmetic|treat|session|course|follow-up|first visit|wrinkle|facial|gua sha"
    r"|\bface|skin|health|medic|diagnos|\bpain|pregnan|concern|practition|intake|buttock|consult"
    r"|maintenance|\$|price",
    re.IGNORECASE,
)
"""The words of `domain.md` 6, and the names of what the demo clinic offers."""


def health_words(text: str) -> list[str]:
    """Return such words of a text, its links and styles left out."""
    text = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    return HEALTH.findall(re.sub(r"https?://[^\s\"<]+", "", text))
