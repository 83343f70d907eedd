"""What the rows of the report are called."""

PEER_VERSION = "3.12.0"

HELLO = "hello view"
ONE_QUERY = "one-query view"
DAY = "slots, 1 practitioner x 1 day"
CLINIC = "slots, 20 practitioners x 14 days"
PEER_DAY = f"django-appointment {PEER_VERSION}, 1 x 1 day"
DAY_OF_ONE = "/day/ of a practitioner"
DAY_OF_ALL = "/day/ of the desk"
BOARD = "/day/board/, polled, unchanged"
WEEK = "/calendar/visits/, a week"
FEED = "a practitioner's calendar (.ics)"
FEED_SAME = "the same, unchanged"
BOOKING = "one booking"
SQL = "bare SQL of the search 20 x 14"
SEARCH = "search 20 x 14"
SEARCH_OPEN = "search 20 x 14, no papers required"
SQL_DAY = "bare SQL of the search 1 x 1 day"
SEARCH_DAY = "search 1 x 1 day"
PLAN = "plan of 12 sessions, 20 x 26 weeks"
PLAN_SQL = "bare SQL of the plan"
PLAN_LOADING = "loading of the plan"
PLAN_SEARCH = "search of the plan"
BOOK_COURSE = "one course of 12 sessions booked"
RACE_HTTP = "50 rivals for one slot over HTTP"
RACE_SERVICE = "200 clients for 50 slots at service level"
RACE_COURSES = "40 clients for courses over the same six weeks"
PARTIAL = "partial course"


def dispatch_of(milliseconds: int) -> str:
    """Return the row's name for messages sent through a provider of some speed."""
    return f"messages sent, provider of {milliseconds} ms"


def of_history(name: str, history: str) -> str:
    """Return the row's name for a search in the diary with a small or a large history."""
    return f"{name}, {history} history"
