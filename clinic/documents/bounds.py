"""How large a document may be, and what making its pages may cost."""

MEGABYTE = 1024 * 1024

LARGEST_FILE = 10 * MEGABYTE
LARGEST_REQUEST = 64 * MEGABYTE
"""Five files and some room; more is refused unread, so that nobody keeps a web worker busy."""
MOST_FILES = 5
MOST_PAGES = 20
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 15_000

DRAWN_SIDE = 2_000
"""The longest side, in pixels, of a page drawn from a PDF: 171 dpi on A4."""
KEPT_SIDE = 4_200
"""The longest side of a kept picture: photos of 12 megapixels stay as they are."""

MEMORY = 280 * MEGABYTE
"""Address space of the worker, so less than 300 million bytes whatever it is made to do."""
CPU_SECONDS = 12
WALL_SECONDS = 20
"""Below the 30 seconds after which gunicorn ends a request."""
LARGEST_RESULT = 64 * MEGABYTE
"""Of one written file: twenty pages of noise stay below it."""
MOST_OPEN_FILES = 32
