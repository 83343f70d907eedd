"""The types of papers that clinics in the United States and the United Kingdom usually ask for.

Data to begin with: once added they are rows like any other, and a manager changes them.
Source of names and figures: domain.md 3, and for New York the State's Education Law 8214(8).
Check them before relying on them; docs/decisions/0008-credentials.md says which are open.
"""

from dataclasses import dataclass

REGISTER_RECHECK_DAYS = 90
"""A register may change in mid-term (domain.md 3, expiry behaviour)."""
CLEAN_NEEDLE_RECHECK_DAYS = 6 * 365
"""No expiry is known, but one route to a licence wants the certificate within six years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualType:
    """A type of paper; the fields are those of `CredentialType`."""

    slug: str
    name: str
    proves: str
    jurisdiction: str
    holder: str = "practitioner"
    issuer: str = ""
    issuer_former_names: str = ""
    register_url: str = ""
    expires: bool = True
    renewal_months: int | None = None
    recheck_days: int | None = None
    must_cover_cosmetic: bool = False
    asks_training: bool = False
    shows_number: bool = False
    public_label: str = ""


UNITED_STATES = (
    UsualType(
        slug="us-ny-licence",
        name="State licence and registration, New York",
        proves="licence",
        jurisdiction="US-NY",
        issuer="New York State Education Department, Office of the Professions",
        register_url="https://www.op.nysed.gov/verification-search",
        # The licence itself is for life; the registration that goes with it is triennial.
        renewal_months=36,
        recheck_days=REGISTER_RECHECK_DAYS,
        shows_number=True,
        public_label="Licensed acupuncturist, New York",
    ),
    UsualType(
        slug="us-ca-licence",
        name="State licence, California",
        proves="licence",
        jurisdiction="US-CA",
        issuer="California Acupuncture Board",
        register_url="https://search.dca.ca.gov/",
        renewal_months=24,
        recheck_days=REGISTER_RECHECK_DAYS,
        shows_number=True,
        public_label="Licensed acupuncturist, California",
    ),
    UsualType(
        slug="us-national-certification",
        name="National certification",
        proves="certification",
        jurisdiction="US",
        issuer="National Certification Board for Acupuncture and Herbal Medicine (NCBAHM)",
        issuer_former_names="until 2025 National Certification Commission for Acupuncture "
        "and Oriental Medicine (NCCAOM)",
        register_url="https://directory.nccaom.org/",
        renewal_months=48,
        recheck_days=REGISTER_RECHECK_DAYS,
        public_label="Nationally certified",
    ),
    UsualType(
        slug="us-clean-needle",
        name="Clean needle technique certificate",
        proves="safety",
        jurisdiction="US",
        issuer="Council of Colleges of Acupuncture and Herbal Medicine (CCAHM)",
        issuer_former_names="Council of Colleges of Acupuncture and Oriental Medicine (CCAOM)",
        register_url="https://www.ccahm.org/",
        expires=False,
        recheck_days=CLEAN_NEEDLE_RECHECK_DAYS,
        public_label="Clean needle technique",
    ),
    UsualType(
        slug="us-facial-training",
        name="Facial-acupuncture training",
        proves="training",
        jurisdiction="US",
        expires=False,
        asks_training=True,
        public_label="Additional training in facial acupuncture",
    ),
    UsualType(
        slug="us-insurance",
        name="Liability insurance",
        proves="insurance",
        jurisdiction="US",
        renewal_months=12,
        must_cover_cosmetic=True,
        public_label="Insured, cosmetic facial work included",
    ),
)

UNITED_KINGDOM = (
    UsualType(
        slug="gb-register",
        name="Professional register",
        proves="licence",
        jurisdiction="GB",
        issuer="British Acupuncture Council (BAcC), a register accredited by the PSA",
        register_url="https://acupuncture.org.uk/find-an-acupuncturist/",
        renewal_months=12,
        recheck_days=REGISTER_RECHECK_DAYS,
        public_label="On an accredited register",
    ),
    UsualType(
        slug="gb-person-registration",
        name="Local registration of the person (England outside London)",
        proves="permit",
        jurisdiction="GB-ENG",
        # One-off: it names no end.
        expires=False,
        recheck_days=REGISTER_RECHECK_DAYS,
        public_label="Registered with the local council",
    ),
    UsualType(
        slug="gb-premises-registration",
        name="Local registration of the premises (England outside London)",
        proves="permit",
        jurisdiction="GB-ENG",
        holder="location",
        expires=False,
        recheck_days=REGISTER_RECHECK_DAYS,
        public_label="Premises registered with the local council",
    ),
    UsualType(
        slug="gb-facial-training",
        name="Facial-acupuncture training",
        proves="training",
        jurisdiction="GB",
        expires=False,
        asks_training=True,
        public_label="Additional training in facial acupuncture",
    ),
    UsualType(
        slug="gb-insurance",
        name="Liability insurance",
        proves="insurance",
        jurisdiction="GB",
        renewal_months=12,
        must_cover_cosmetic=True,
        public_label="Insured, cosmetic facial work included",
    ),
)

USUAL_TYPES = {"US": UNITED_STATES, "GB": UNITED_KINGDOM}
"""By country, in the order in which lists show them."""
