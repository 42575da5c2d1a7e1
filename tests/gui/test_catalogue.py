"""The strings of the program, as translators find them: plain words, one for each idea."""

import re
from pathlib import Path
from xml.etree import ElementTree

from kdstudio.gui.catalogue import write

OLD = re.compile(
    r"\b(goes on|carr(y|ies|ied) on|surest|taken for|named right|answered right(ly)?|told again|what goes|take out|guesses|"
    r"non-default|log loss|nothing fits|pick images|at work|asks the teacher again|home folder|another home)\b",
    re.IGNORECASE,
)

SEARCHED = ("cross entropy log loss nats", "home folder where runs lie stored disk move storage")
"""What people may type into the search of the help; never shown."""


def test_that_no_string_of_the_program_uses_a_word_that_was_replaced(tmp_path: Path) -> None:
    file = tmp_path / "strings.ts"
    write(file)
    strings = {message.findtext("source") or "" for message in ElementTree.parse(file).iter("message")}
    assert len(strings) > 1000
    found = {text: match[0] for text in strings if (match := OLD.search(text))}
    assert not {text: word for text, word in found.items() if text not in SEARCHED}
