"""`python -m tests.docs.rewrite`: makes the generated parts of the documentation anew."""

from tests.docs.generated import PAGES, as_it_should_be
from tests.structure.tree import ROOT

if __name__ == "__main__":
    for page in PAGES:
        (ROOT / page).write_text(as_it_should_be(page), encoding="utf-8")
