"""The formats of files, as a job file declares them."""

import pytest

from builders.files.formats import file_format
from graph.errors import ConfigError
from tests.text_files import AB, HIVE


@pytest.mark.parametrize(
    ("kind", "given_settings", "says"),
    [
        ("parket", {}, "no file format `parket`; did you mean `parquet`"),
        ("csv", {"delimeter": ","}, "no setting `delimeter`; did you mean `delimiter`"),
        ("text", {}, "does not say what its columns are"),
        ("csv", {"header": False}, "does not say what its columns are"),
        ("csv", {"delimiter": "||"}, "one ASCII character"),
        ("csv", {"delimiter": '"'}, "`quote` and `delimiter` are both"),
        ("csv", {"columns": {"a": "array<array<string>>"}}, "one level deep"),
        ("csv", {"columns": ["a", "A"]}, "names `a` twice"),
        ("csv", {"columns": "a"}, "`columns` is a list"),
        ("csv", {"header": "yes"}, "`header` is true or false"),
    ],
)
def test_a_format_that_makes_no_sense_is_refused_with_the_nearest_that_does(
    kind, given_settings, says
):
    with pytest.raises(ConfigError) as raised:
        file_format(kind, **given_settings)
    assert says in str(raised.value)


@pytest.mark.parametrize("spelled", ["\x01", "ctrl-a", r"\001", r"\x01", r"\u0001"])
def test_a_delimiter_may_be_spelled(spelled):
    assert file_format("text", columns=AB, delimiter=spelled) == HIVE
