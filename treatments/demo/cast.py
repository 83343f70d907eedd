"""Who and what the demo clinic is made of. All people are invented."""

from dataclasses import dataclass, field
from datetime import time

from treatments.demo import texts

PASSWORD = "meridian-demo"  # noqa: S105 (printed at every start, on purpose)

MANAGER = ("manager@example.com", "Wanda Sorel")
RECEPTION = ("reception@example.com", "Ruben Achterberg")
DEMO_CLIENT = ("client@example.com", "Nora Ellery")

NEW_YORK = "new-york"
SAN_FRANCISCO = "san-francisco"


@dataclass(frozen=True, slots=True)
class Place:
    """A location."""

    slug: str
    name: str
    address: str
    phone: str
    zone: str
    directions: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A service; a segment is (kind, minutes, letters of p, c and r that it holds)."""

    slug: str
    name: str
    summary: str
    price: str
    segments: tuple[tuple[str, int, str], ...]
    description: str
    before: str
    after: str
    fields: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """A room and the services that it is equipped for."""

    place: str
    name: str
    services: tuple[str, ...]
    is_step_free: bool


@dataclass(frozen=True, slots=True)
class Shift:
    """Weekly hours at a place."""

    place: str
    weekdays: tuple[int, ...]
    hours: tuple[tuple[time, time], ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A practitioner."""

    email: str
    name: str
    pronouns: str
    headline: str
    profile: str
    languages: tuple[str, ...]
    lanes: int
    services: tuple[str, ...]
    shifts: tuple[Shift, ...]
    may_verify: bool = False

    @property
    def slug(self) -> str:
        return self.name.lower().replace(" ", "-")


PLACES = (
    Place(
        NEW_YORK,
        "New York",
        "14 Mercer Street, New York, NY 10013",
        "+12125550114",
        "America/New_York",
        texts.NEW_YORK_DIRECTIONS,
    ),
    Place(
        SAN_FRANCISCO,
        "San Francisco",
        "208 Larkmoor Lane, San Francisco, CA 94110",
        "+14155550128",
        "America/Los_Angeles",
        texts.SAN_FRANCISCO_DIRECTIONS,
    ),
)

CONSULTATION = "consultation"
FIRST_VISIT = "facial-first-visit"
FOLLOW_UP = "facial-follow-up"
GUA_SHA = "facial-follow-up-gua-sha"
BODY = "legs-and-buttocks"
MAINTENANCE = "maintenance-visit"

FACIAL = (FIRST_VISIT, FOLLOW_UP, GUA_SHA, MAINTENANCE)
EVERYTHING = (CONSULTATION, *FACIAL, BODY)

OFFERS = (
    Offer(
        CONSULTATION,
        "Free consultation",
        "Twenty minutes to talk, without needles and without a bill.",
        "0.00",
        (("consultation", 20, "pcr"),),
        texts.CONSULTATION_TEXT,
        texts.CONSULTATION_BEFORE,
        texts.CONSULTATION_AFTER,
        {"uses_needles": False},
    ),
    Offer(
        FIRST_VISIT,
        "Facial acupuncture, first visit",
        "A long talk, a look at your skin, and the first fine needles.",
        "165.00",
        (
            ("consultation", 30, "pcr"),
            ("insertion", 15, "pcr"),
            ("retention", 25, "cr"),
            ("removal", 15, "pcr"),
            ("aftercare", 5, "cr"),
            ("turnover", 10, "r"),
        ),
        texts.FIRST_VISIT_TEXT,
        texts.FIRST_VISIT_BEFORE,
        texts.FIRST_VISIT_AFTER,
        {"may_overlap": False, "is_first_visit": True},
    ),
    Offer(
        FOLLOW_UP,
        "Facial acupuncture, follow-up",
        "An hour of your course: needles, a rest, and out into the day.",
        "120.00",
        (
            ("insertion", 20, "pcr"),
            ("retention", 25, "cr"),
            ("removal", 15, "pcr"),
            ("turnover", 10, "r"),
        ),
        texts.FOLLOW_UP_TEXT,
        texts.FOLLOW_UP_BEFORE,
        texts.FOLLOW_UP_AFTER,
        {"bookable_by": "returning"},
    ),
    Offer(
        GUA_SHA,
        "Follow-up with gua sha",
        "A follow-up, then slow strokes with a smooth stone.",
        "145.00",
        (
            ("insertion", 20, "pcr"),
            ("retention", 25, "cr"),
            ("removal", 15, "pcr"),
            ("massage", 15, "pcr"),
            ("turnover", 10, "r"),
        ),
        texts.GUA_SHA_TEXT,
        texts.GUA_SHA_BEFORE,
        texts.GUA_SHA_AFTER,
        {"bookable_by": "returning"},
    ),
    Offer(
        BODY,
        "Legs and buttocks",
        "Fine needles in pairs, on a couch behind a closed door.",
        "150.00",
        (
            ("consultation", 15, "pcr"),
            ("insertion", 20, "pcr"),
            ("retention", 25, "cr"),
            ("removal", 15, "pcr"),
            ("turnover", 15, "r"),
        ),
        texts.BODY_TEXT,
        texts.BODY_BEFORE,
        texts.BODY_AFTER,
    ),
    Offer(
        MAINTENANCE,
        "Maintenance visit",
        "Every few months, for those who have finished a course.",
        "130.00",
        (
            ("consultation", 10, "pcr"),
            ("insertion", 15, "pcr"),
            ("retention", 25, "cr"),
            ("removal", 10, "pcr"),
            ("turnover", 10, "r"),
        ),
        texts.MAINTENANCE_TEXT,
        texts.MAINTENANCE_BEFORE,
        texts.MAINTENANCE_AFTER,
        {"bookable_by": "returning"},
    ),
)

ROOMS = (
    RoomPlan(NEW_YORK, "Juniper", (CONSULTATION, *FACIAL), is_step_free=False),
    RoomPlan(NEW_YORK, "Willow", (CONSULTATION, FOLLOW_UP, GUA_SHA, MAINTENANCE), False),
    RoomPlan(NEW_YORK, "Fern", EVERYTHING, is_step_free=True),
    RoomPlan(SAN_FRANCISCO, "Cedar", EVERYTHING, is_step_free=True),
    RoomPlan(SAN_FRANCISCO, "Laurel", (CONSULTATION, *FACIAL), is_step_free=True),
)

EARLY = ((time(9), time(13)), (time(13, 45), time(17, 30)))
LATE = ((time(10), time(14)), (time(14, 45), time(19)))
SHORT = ((time(10), time(16)),)
AFTERNOON = ((time(12), time(18)),)

PRACTITIONERS = (
    Person(
        "ines@example.com",
        "Ines Varga",
        "she/her",
        "First visits, and faces that have been through a lot",
        texts.INES_PROFILE,
        ("English", "Hungarian", "Spanish"),
        2,
        EVERYTHING,
        (Shift(NEW_YORK, (2, 3, 4, 5), EARLY), Shift(NEW_YORK, (6,), SHORT)),
    ),
    Person(
        "theo@example.com",
        "Theo Lindqvist",
        "he/him",
        "Small steps, good notes, late hours",
        texts.THEO_PROFILE,
        ("English", "Swedish"),
        2,
        (CONSULTATION, *FACIAL),
        (Shift(NEW_YORK, (1, 2, 3, 4, 5), LATE),),
        may_verify=True,
    ),
    Person(
        "mara@example.com",
        "Mara Okonjo",
        "she/her",
        "One person at a time, and room for quiet",
        texts.MARA_PROFILE,
        ("English", "French", "Igbo"),
        1,
        EVERYTHING,
        (Shift(SAN_FRANCISCO, (1, 2, 3, 4, 5), EARLY),),
    ),
    Person(
        "jonah@example.com",
        "Jonah Feld",
        "he/they",
        "Faces and legs, on two coasts",
        texts.JONAH_PROFILE,
        ("English", "German"),
        2,
        EVERYTHING,
        (
            Shift(NEW_YORK, (7,), SHORT),
            Shift(NEW_YORK, (1,), EARLY),
            Shift(SAN_FRANCISCO, (4, 5), LATE),
            Shift(SAN_FRANCISCO, (6,), SHORT),
        ),
    ),
)

NEWCOMERS = (
    Person(
        "lene@example.com",
        "Lene Marquart",
        "she/her",
        "New here, and glad of questions",
        texts.LENE_PROFILE,
        ("English", "Danish"),
        1,
        EVERYTHING,
        (Shift(NEW_YORK, (2, 3, 4, 5), AFTERNOON),),
    ),
    Person(
        "silvan@example.com",
        "Silvan Hartwig",
        "he/him",
        "Thirty years of legs that stand all day",
        texts.SILVAN_PROFILE,
        ("English", "German"),
        1,
        (CONSULTATION, BODY),
        (Shift(NEW_YORK, (2, 3, 4, 5), AFTERNOON),),
    ),
)
"""The diary books nobody with them by itself: their papers are stories of their own."""

CLIENTS = (
    "Nora Ellery", "Amara Whitlock", "Beatriz Solano", "Callum Reyes", "Daphne Okafor",
    "Edith Marlowe", "Farid Nasser", "Greta Lund", "Hana Ishikawa", "Imogen Tate",
    "Joel Marchetti", "Keiko Arnett", "Lucia Ferreira", "Malcolm Byrd", "Nadia Petrov",
    "Odette Lambert", "Priya Raman", "Quentin Ash", "Rosalind Pike", "Samir Haddad",
    "Tabitha Crane", "Ulla Berg", "Verity Sloan", "Wesley Thorn", "Ximena Duarte",
    "Yara Coleman", "Zelda Finch", "Anselm Roth", "Bronwyn Hale", "Clara Mbeki",
    "Dorian Voss", "Elspeth Kerr", "Fiona Delgado", "Gideon Hart", "Helena Strand",
    "Isadora Quill", "Jasper Lowell", "Katya Morozova", "Leonie Brandt", "Mireille Duval",
    "Naomi Castellan", "Olive Tremaine", "Paloma Rivas", "Rafaela Stone", "Sunniva Dahl",
    "Thandi Mokoena", "Ursula Vane", "Viola Ashdown", "Winifred Moss", "Xanthe Bell",
    "Yolanda Prince", "Zainab Karim", "Arlo Winslow", "Bettina Kraus", "Cosima Leigh",
    "Delphine Auger", "Esme Halloran", "Freya Nordin", "Georgia Lockwood", "Greta Lundh",
)  # fmt: skip
"""The last one is the same person as the eighth, entered twice: a pair to merge."""

LAST_IS_DUPLICATE_OF = 7
