"""How the site is served: read by gunicorn from the folder it starts in."""

workers = 2
graceful_timeout = 10
# A control socket in the home folder would be shared by every site of this machine.
control_socket_disable = True
# By default gunicorn believes X-Forwarded-Proto of local callers. What is believed is decided
# in one place: TRUSTED_PROXY_COUNT, docs/operations.md.
forwarded_allow_ips = ""
