"""What is generated in the documentation is what the programs say now."""

import pytest

from tests.docs.generated import COMMANDS, PAGES, as_it_should_be, commands, help_text
from tests.structure.tree import text_of


@pytest.mark.parametrize("page", PAGES)
def test_a_page_holds_the_help_texts_settings_metrics_and_failures_of_now(page: str) -> None:
    """Otherwise run `python -m tests.docs.rewrite`."""

    assert as_it_should_be(page) == text_of(page)


@pytest.mark.parametrize("program", COMMANDS)
def test_every_command_and_option_explains_itself(program: str) -> None:
    """Each command has a text, and each option of it too."""
    silent = [" ".join(words) for words, command in commands(program) if not command.help]
    silent += [
        f"{' '.join(words)} {option.opts[0]}"
        for words, command in commands(program)
        for option in command.params
        if option.param_type_name == "option" and not getattr(option, "help", None)
    ]

    assert [] == silent


@pytest.mark.parametrize("program", COMMANDS)
def test_no_help_text_shows_its_markup(program: str) -> None:
    """The marks that keep lines apart are not printed."""
    marked = [
        " ".join(words) for words, _ in commands(program) if "\\b" in help_text(words) or "\b" in help_text(words)
    ]

    assert [] == marked
