"""SVG, element by element. Every value is escaped; colours are classes of the page's style."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape


def element(tag: str, *children: Markup | str, **attributes: str | float) -> Markup:
    """One element. An attribute's name has `-` for `_`; a trailing `_` (`class_`) is dropped."""
    # Plain text put together and marked once: a picture has thousands of elements.
    given = "".join(
        f' {escape(name.rstrip("_").replace("_", "-"))}="{escape(coordinate(value))}"'
        for name, value in attributes.items()
    )
    inside = "".join(escape(child) for child in children)
    return Markup(f"<{escape(tag)}{given}>{inside}</{escape(tag)}>")


def picture(
    *children: Markup, width: float, height: float, label: str, class_: str = "picture"
) -> Markup:
    """A whole picture that a screen reader announces as one image with `label`."""
    return element(
        "svg",
        element("title", label),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {coordinate(width)} {coordinate(height)}",
        role="img",
        aria_label=label,
        class_=class_,
    )


def text(
    content: str, x: float, y: float, *, anchor: str = "start", class_: str = "label"
) -> Markup:
    """A line of text; what comes from outside must be made visible first."""
    return element("text", content, x=x, y=y, text_anchor=anchor, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, *, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def strokes(at: Iterable[tuple[float, float]], height: float, *, class_: str) -> Markup:
    """Short upright strokes as one path, which stays small for thousands of them."""
    path = "".join(f"M{coordinate(x)} {coordinate(y)}v{coordinate(height)}" for x, y in at)
    return element("path", d=path, class_=class_)


def coordinate(value: str | float) -> str:
    """A number to a tenth, without a sign on zero; text stays."""
    if isinstance(value, str):
        return value
    return f"{round(value, 1) + 0.0:g}"
