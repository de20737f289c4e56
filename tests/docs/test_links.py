"""A link in the documentation leads somewhere."""

from pathlib import PurePosixPath

from tests.docs.pages import anchors, links, pages
from tests.structure.tree import project_files


def test_every_link_inside_the_project_leads_to_a_file_and_a_heading() -> None:
    """Pages, pictures, folders and anchors that a page links to are there."""
    broken = [
        f"{page}: {link}"
        for page in pages()
        for link in links(page)
        if not link.startswith("https://") and not _leads_somewhere(page, link)
    ]

    assert [] == broken


def test_every_page_can_be_reached_from_the_readme() -> None:
    """Nothing is documented where nobody finds it."""
    reached: set[str] = set()
    waiting = ["README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            targets = (_target(page, link)[0] for link in links(page) if not link.startswith("https://"))
            waiting += [target for target in targets if target in pages()]

    assert set(pages()) == reached


def _leads_somewhere(page: str, link: str) -> bool:
    target, anchor = _target(page, link)
    if target in pages():
        return not anchor or anchor in anchors(target)
    return not anchor and any(name == target or name.startswith(f"{target}/") for name in project_files())


def _target(page: str, link: str) -> tuple[str, str]:
    """The file or folder that a link means, from the root of the project, and the anchor in it."""
    path, _, anchor = link.partition("#")
    if not path:
        return page, anchor
    parts: list[str] = []
    for part in (PurePosixPath(page).parent / path).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts), anchor
