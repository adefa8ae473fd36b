"""The job file's `[extract]` and `[accounts]`: what is understood, and how slips are answered."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from builders.extracts.spec import ExtractSpec
from builders.extracts.toml import accounts_spec, extract_spec
from graph.errors import ConfigError

WHOLE = r"""
[extract]
quarantine_share = 0.01
rejected_files = 2
sentinel_ids = ["-1", "guest"]
platform_start = 2010-06-01
future_seconds = 60
late_days = 2

[[extract.tables]]
name = "likes"
path = "warehouse/likes"
format = "text"
columns = [["user_id", "string"], ["post_id", "string"], ["kind", "string"], ["ts", "bigint"],
           ["device_id", "string"]]
delimiter = "ctrl-a"
where = "dt >= '2026-01-01'"
row_where = "kind <> 'view'"
time_unit = "ms"
deduplicate = ["account", "object"]

[extract.tables.map]
account = "user_id"
action = "kind"
object = "post_id"
object_kind = "'post'"
acted_at = "ts"

[extract.tables.attributes]
device = "device_id"

[extract.tables.actions]
LIKE = "like"

[[extract.tables]]
name = "tags"
path = "/data/posts.parquet"
time_unit = "%d/%m/%Y %H:%M:%S"
time_zone = "Europe/Berlin"
repeated_hour = "earlier"
explode = "hashtags"
deduplicate = false
map = { account = "user_id", object = "element", acted_at = "created" }
attributes = { ip = "addr" }

[accounts]
path = "accounts.csv.gz"
time_unit = "iso"
map = { account = "id", created_at = "joined" }
"""


def spec(text: str) -> ExtractSpec:
    return extract_spec(tomllib.loads(text)["extract"], base=Path("/jobs"))


def test_every_key_of_the_job_file_arrives():
    likes, tags = spec(WHOLE).tables
    whole = spec(WHOLE)

    assert (whole.quarantine_share, whole.rejected_files) == (0.01, 2)
    assert whole.sentinel_ids == ("-1", "guest")
    assert (whole.platform_start, whole.future_seconds) == (date(2010, 6, 1), 60)
    assert whole.late_days == 2
    assert whole.attributes == ("device", "ip")
    assert likes.path == Path("/jobs/warehouse/likes")
    assert likes.format.delimiter == "\x01"
    assert [(c.name, c.type) for c in likes.format.columns][3] == ("ts", "bigint")
    assert (likes.where, likes.row_where) == ("dt >= '2026-01-01'", "kind <> 'view'")
    assert likes.deduplicate == ("account", "object")
    assert likes.actions == {"LIKE": "like"}
    assert tags.path == Path("/data/posts.parquet")
    assert tags.format.kind == "parquet"
    assert (tags.time_zone, tags.repeated_hour) == ("Europe/Berlin", "earlier")
    assert (tags.explode, tags.deduplicate) == ("hashtags", False)


def test_accounts_are_read_with_the_same_keys():
    found = accounts_spec(tomllib.loads(WHOLE)["accounts"], base=Path("/jobs"))

    assert found.table.name == "accounts"
    assert found.table.format.kind == "csv"
    assert found.table.mapping == {"account": "id", "created_at": "joined"}


def test_late_days_may_be_any_number():
    assert spec(WHOLE.replace("late_days = 2", 'late_days = "any"')).late_days is None


@pytest.mark.parametrize(
    ("before", "after", "answer"),
    [
        ("quarantine_share =", "quarantine_shar =", "did you mean `quarantine_share`?"),
        ("quarantine_share = 0.01", "quarantine_share = 1.5", "a share in [0, 1], not 1.5"),
        ("rejected_files = 2", 'rejected_files = "2"', "is a whole number, not '2'"),
        ('time_unit = "ms"', 'time_unit = "millis"', "did you mean `ms`?"),
        ('time_unit = "ms"', 'time_unit = "%Y-%m-%d %H:%M"', "say `time_zone`"),
        ("Europe/Berlin", "Europe/Berlim", "there is no time zone `Europe/Berlim`"),
        ('account = "user_id"\naction', 'acount = "user_id"\naction', "did you mean `account`?"),
        ('object = "post_id"\n', "", "does not say which column is `object`"),
        ('name = "tags"', 'name = "likes"', "two tables are called `likes`"),
        ('["account", "object"]', '["account", "objekt"]', "did you mean `object`?"),
        ('device = "device_id"', '"device; drop" = "x"', "an attribute cannot be called"),
        ('device = "device_id"', 'owner = "x"', "an attribute cannot be called `owner`"),
        ('name = "tags"\n', "", "lacks `name`"),
        ("posts.parquet", "posts", "does not say its `format`"),
        ('format = "text"', 'format = "texd"', "no file format `texd`; did you mean `text`?"),
        ('"earlier"', '"early"', "did you mean `earlier`?"),
        ("platform_start = 2010-06-01", 'platform_start = "June"', "is a day such as 2004-01-01"),
    ],
)
def test_a_slip_in_the_job_file_is_answered_with_the_mend(before, after, answer):
    assert before in WHOLE
    with pytest.raises(ConfigError) as refused:
        spec(WHOLE.replace(before, after, 1))
    assert answer in str(refused.value)


def test_an_extract_without_tables_is_refused():
    with pytest.raises(ConfigError, match="has no table"):
        extract_spec({}, base=Path("/jobs"))


def test_accounts_carry_no_attributes():
    given = {"path": "a.csv", "map": {"account": "id"}, "attributes": {"x": "y"}}
    with pytest.raises(ConfigError, match="a key cannot be `attributes`"):
        accounts_spec(given, base=Path("/jobs"))
