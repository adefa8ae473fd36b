"""Schemas: what a table's columns are, and what is said when they are not."""

from __future__ import annotations

import pyarrow as pa
import pytest

from graph import schemas
from graph.errors import SchemaError
from graph.schema import Column, Schema

pytestmark = pytest.mark.local_only

PEOPLE = Schema(
    "people",
    (Column("name", "VARCHAR", "who"), Column("age", "BIGINT", "years", nullable=True)),
    key=("name",),
)


def test_a_schema_is_arrows_too():
    assert PEOPLE.names == ("name", "age")
    assert PEOPLE.arrow == pa.schema(
        [pa.field("name", pa.string(), nullable=False), pa.field("age", pa.int64())]
    )


def test_columns_that_differ_by_case_alone_are_refused():
    with pytest.raises(SchemaError, match="names a column twice"):
        Schema("x", (Column("w", "VARCHAR", ""), Column("W", "VARCHAR", "")), key=("w",))


def test_a_key_of_absent_columns_is_refused():
    with pytest.raises(SchemaError, match=r"key of columns it lacks: \['b'\]"):
        Schema("x", (Column("a", "VARCHAR", ""),), key=("a", "b"))


def test_attributes_are_nullable_text_behind_the_columns():
    wider = PEOPLE.with_attributes(["device", "ip"])

    assert wider.names == ("name", "age", "device", "ip")
    assert wider.attributes_beyond(PEOPLE) == ("device", "ip")
    assert wider.columns[-1].nullable
    assert wider.columns[-1].type == "VARCHAR"
    with pytest.raises(SchemaError, match="twice"):
        PEOPLE.with_attributes(["Name"])


def test_missing_and_surplus_columns_are_named_with_the_nearest():
    found = pa.schema([("nam", pa.string()), ("age", pa.int64())])

    with pytest.raises(SchemaError) as error:
        PEOPLE.check(found, of="`a.parquet`")

    assert str(error.value) == (
        "`a.parquet` is no `people` table: it lacks `name` and has `nam` instead;"
        " did you mean `name` by `nam`?"
    )


def test_a_column_of_another_type_is_named_with_both():
    with pytest.raises(SchemaError, match="it: column `age` is double where `people` has int64"):
        PEOPLE.check(pa.schema([("name", pa.string()), ("age", pa.float64())]), of="it")


def test_columns_in_another_order_are_the_same_table():
    PEOPLE.check(pa.schema([("age", pa.int64()), ("name", pa.string())]), of="it")


@pytest.mark.parametrize(
    "schema",
    [value for value in vars(schemas).values() if isinstance(value, Schema)],
    ids=lambda schema: schema.name,
)
def test_every_table_of_the_house_can_be_held_and_asked(engine, schema):
    """No column's name is a word that the engine keeps for itself."""
    held = engine.from_arrow(schema.arrow.empty_table(), schema)
    columns = ", ".join(f"t.{name}" for name in schema.names)

    again = engine.sql(f"select {columns} from {{held}} t", schema, held=held)

    assert again.arrow().schema == schema.arrow
    assert all(column.meaning for column in schema.columns)


def test_a_runs_tables_are_listed_by_their_names():
    assert all(name == schema.name for name, schema in schemas.RUN_TABLES.items())
