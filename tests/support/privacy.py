"""What every answer keeps to itself: nobody stores a person's page, nothing follows it out."""

from django.http import HttpResponseBase


def lets_out(answer: HttpResponseBase, *, is_somebodys: bool) -> list[str]:
    """Return what a page lets out that it should not; made for one person, it is never stored."""
    policy = answer["Content-Security-Policy"]
    kept = {
        "an address for others": answer["Referrer-Policy"] == "same-origin",
        "inline scripts": "unsafe-inline" not in policy.replace("style-src 'unsafe-inline'", ""),
        "a frame": "frame-ancestors 'none'" in policy,
        "a copy": not is_somebodys or "no-store" in answer.get("Cache-Control", ""),
    }
    return [what for what, is_kept in kept.items() if not is_kept]
