"""The papers of the demo clinic: who holds what, and what was decided. All invented."""

from dataclasses import dataclass

from clinic.domain.credentials import Result
from treatments.demo.cast import BODY, CONSULTATION, FACIAL, NEW_YORK, SAN_FRANCISCO

NY_LICENCE = "us-ny-licence"
CA_LICENCE = "us-ca-licence"
CERTIFICATION = "us-national-certification"
CLEAN_NEEDLE = "us-clean-needle"
TRAINING = "us-facial-training"
INSURANCE = "us-insurance"
PERMIT = "larkmoor-premises-permit"

NEEDLES = (*FACIAL, BODY)

REQUIRED: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    (NY_LICENCE, (CONSULTATION, *NEEDLES), NEW_YORK),
    (CA_LICENCE, (CONSULTATION, *NEEDLES), SAN_FRANCISCO),
    (CLEAN_NEEDLE, NEEDLES, None),
    (INSURANCE, NEEDLES, None),
    (TRAINING, FACIAL, None),
    (PERMIT, NEEDLES, SAN_FRANCISCO),
)
"""Type, the services that require it, and where (None: everywhere)."""

INSURANCE_PAST_EXPIRY_DAYS = 120
"""Insurance is yearly, a course lasts months: the manager lets visits be booked past it."""

FOUND = "Entry read in the register: active, no conditions."


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, that many days from today (negative: ago)."""

    days: int
    result: Result = Result.VERIFIED
    words: str = FOUND
    method: str = "register"
    check_again_days: int | None = None


@dataclass(frozen=True, slots=True)
class PaperPlan:
    """A paper; days are counted from today, `decided` is in order."""

    holder: str
    type: str
    number: str
    from_days: int
    to_days: int | None
    handed_in_days: int
    decided: tuple[Decided, ...] = ()
    issuer: str = ""
    provider: str = ""
    hours: int | None = None
    document: str = ""


def _licence(holder: str, type: str, number: str, from_days: int, to_days: int) -> PaperPlan:
    """A licence that was checked, and checked again as it should be."""
    checks = (Decided(-131, check_again_days=-41), Decided(-41, check_again_days=49))
    return PaperPlan(holder, type, number, from_days, to_days, -134, checks)


def _clean_needle(holder: str, number: str, from_days: int) -> PaperPlan:
    checks = (Decided(-131, words="The badge opens with that name.", method="badge"),)
    return PaperPlan(holder, CLEAN_NEEDLE, number, from_days, None, -134, checks)


def _training(holder: str, provider: str, hours: int, from_days: int) -> PaperPlan:
    checks = (Decided(-130, words="The school confirms date and hours.", method="email"),)
    return PaperPlan(
        holder,
        TRAINING,
        "",
        from_days,
        None,
        -134,
        checks,
        issuer=provider,
        provider=provider,
        hours=hours,
    )


def _insurance(
    holder: str, number: str, from_days: int, to_days: int, checked: int = -129
) -> PaperPlan:
    checks = (Decided(checked, words="The insurer confirms the cover by phone.", method="phone"),)
    return PaperPlan(
        holder,
        INSURANCE,
        number,
        from_days,
        to_days,
        checked - 3,
        checks,
        issuer="Harbor & Heron Mutual",
    )


PAPERS = (
    PaperPlan(
        SAN_FRANCISCO,
        PERMIT,
        "LK-208",
        -500,
        400,
        -136,
        (Decided(-133, words="The office reads the permit out.", method="phone"),),
    ),
    _licence("ines-varga", NY_LICENCE, "NY-0-48115", -700, 395),
    PaperPlan(
        "ines-varga", CERTIFICATION, "90417", -900, 560, -134, (Decided(-60, check_again_days=30),)
    ),
    _clean_needle("ines-varga", "CNT-77102", -2400),
    _training("ines-varga", "Quiet Needle School", 96, -1500),
    _insurance("ines-varga", "HH-2204", -500, -136, checked=-490),
    _insurance("ines-varga", "HH-3310", -135, 230, checked=-137),
    _licence("theo-lindqvist", NY_LICENCE, "NY-0-51920", -500, 595),
    PaperPlan(
        "theo-lindqvist",
        CERTIFICATION,
        "91553",
        -200,
        1260,
        -9,
        (
            Decided(
                -6,
                Result.MORE_ASKED,
                "The second page is missing. Please hand in the page with the dates.",
            ),
        ),
    ),
    _clean_needle("theo-lindqvist", "CNT-80251", -1300),
    _training("theo-lindqvist", "Quiet Needle School", 54, -900),
    _insurance("theo-lindqvist", "HH-2871", -140, 225),
    PaperPlan(
        "mara-okonjo",
        CA_LICENCE,
        "CA-AC-19207",
        -400,
        330,
        -95,
        (Decided(-92, check_again_days=-2),),
    ),
    PaperPlan(
        "mara-okonjo",
        CERTIFICATION,
        "87340",
        -1466,
        -6,
        -134,
        (
            Decided(-131, check_again_days=120),
            Decided(
                -5,
                Result.RENEWAL_PENDING,
                "The board confirms that the renewal is with it.",
                "email",
            ),
        ),
    ),
    _clean_needle("mara-okonjo", "CNT-66418", -3000),
    _training("mara-okonjo", "Lantern Street Academy", 120, -1800),
    _insurance("mara-okonjo", "HH-3022", -200, 165),
    _licence("jonah-feld", NY_LICENCE, "NY-0-50377", -300, 795),
    _licence("jonah-feld", CA_LICENCE, "CA-AC-20864", -655, 75),
    PaperPlan("jonah-feld", CA_LICENCE, "CA-AC-20864", 76, 806, -1, document="licence"),
    PaperPlan(
        "jonah-feld",
        CERTIFICATION,
        "88812",
        -300,
        1160,
        -50,
        (
            Decided(
                -47,
                Result.REJECTED,
                "The directory has this number under another name. Please check it with the board.",
            ),
        ),
    ),
    _clean_needle("jonah-feld", "CNT-71560", -2000),
    _training("jonah-feld", "Lantern Street Academy", 72, -1100),
    _insurance("jonah-feld", "HH-3144", -348, 17),
)
"""Of whom the diary books; in the order of the first check."""

PAPERS_OF_NEWCOMERS = (
    _licence("lene-marquart", NY_LICENCE, "NY-0-53008", -250, 845),
    _clean_needle("lene-marquart", "CNT-83390", -420),
    _insurance("lene-marquart", "HH-3205", -160, 205),
    PaperPlan(
        "lene-marquart",
        TRAINING,
        "",
        -12,
        None,
        -2,
        issuer="Lantern Street Academy",
        provider="Lantern Street Academy",
        hours=80,
        document="training",
    ),
    _licence("silvan-hartwig", NY_LICENCE, "NY-0-46672", -600, 495),
    PaperPlan(
        "silvan-hartwig",
        CERTIFICATION,
        "86129",
        -1000,
        460,
        -134,
        (Decided(-131, check_again_days=110),),
    ),
    _clean_needle("silvan-hartwig", "CNT-62277", -2600),
    _training("silvan-hartwig", "Quiet Needle School", 60, -1400),
    _insurance("silvan-hartwig", "HH-2998", -210, 155),
)
"""Lene lacks the facial training alone, so is listed for everything else."""

LATEST = (
    (
        "silvan-hartwig",
        CERTIFICATION,
        Decided(0, Result.REVOKED, "Taken back by the board, as its directory says."),
    ),
    (
        "silvan-hartwig",
        NY_LICENCE,
        Decided(0, Result.SUSPENDED, "The register shows the licence as suspended."),
    ),
)
"""What was decided this morning, when visits had been booked."""

CERTIFICATES = {
    "licence": (
        "licence-renewal.jpg",
        (
            (
                "Licence to practise acupuncture",
                ("Jonah Feld", "CA-AC-20864", "renewed for two years", "State of Larkmoor"),
            ),
        ),
    ),
    "training": (
        "facial-training.pdf",
        (
            (
                "Lantern Street Academy",
                ("Lene Marquart", "attended the course", "Facial acupuncture", "80 hours"),
            ),
            (
                "Hours by subject",
                ("Skin and muscles of the face: 24", "Needling: 40", "Bruises, care: 16"),
            ),
        ),
    ),
}
"""File name and pages (heading, lines) of what is drawn."""
