"""`python -m tests.docs.rewrite`: makes the generated parts of docs/operations.md anew."""

from tests.docs.generated import PAGE, as_it_should_be
from tests.structure.tree import ROOT

if __name__ == "__main__":
    (ROOT / PAGE).write_text(as_it_should_be(), encoding="utf-8")
