"""A course whose later sessions close ranks after a loss."""

from dataclasses import replace

from treatments.selectors.courses import CourseView


def closed_ranks(view: CourseView) -> CourseView:
    """Return a course as if its booked visits came right after those that are done.

        1 done   2 lost     3 booked   4 booked
        1 done   2 booked   3 booked   4 to be booked

    Each place keeps its row, so the excuse for a longer gap stays where the loss was; a
    lost session takes its attempts along to the end. Writes nothing.
    """
    done = [item for item in view.sessions if item.is_done]
    booked = [item for item in view.sessions if item.is_booked]
    rows = {item.number: item.row for item in view.sessions}
    order = [*done, *booked, *view.unbooked]
    return CourseView(
        view.course,
        tuple(replace(item, number=place, row=rows[place]) for place, item in enumerate(order, 1)),
    )
