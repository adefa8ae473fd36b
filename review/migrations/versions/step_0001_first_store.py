"""The first store: runs, clusters, members, and what people decided on them.

The definitions stand here in full and do not follow `review.tables`, since a step that was once
released must go on making what it made then.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
APPEND_ONLY = ("history", "decisions", "exclusions", "notes", "exports")


def upgrade() -> None:
    """Make every table, the indexes, and the triggers that keep what was written."""
    _make_findings()
    _make_history()
    _make_decisions()
    if op.get_bind().dialect.name == "postgresql":
        _keep_in_postgresql()
    else:
        _keep_in_sqlite()
    start = sa.table("history_head", sa.column("only"), sa.column("seq"), sa.column("hash"))
    op.bulk_insert(start, [{"only": 1, "seq": 0, "hash": "0" * 64}])


def _make_findings() -> None:
    op.create_table(
        "runs",
        sa.Column("run", EXACT, primary_key=True),
        sa.Column("job", EXACT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("imported_at", sa.BigInteger, nullable=False),
        sa.Column("manifest_sha256", EXACT, nullable=False),
        sa.Column("clusters", sa.BigInteger, nullable=False),
        sa.Column("members", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "clusters",
        sa.Column("run", EXACT, sa.ForeignKey("runs.run"), primary_key=True),
        sa.Column("cluster", EXACT, primary_key=True),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("accounts", sa.BigInteger, nullable=False),
        sa.Column("edges", sa.BigInteger, nullable=False),
        sa.Column("layers", EXACT, nullable=False),
        sa.Column("first_at", sa.BigInteger),
        sa.Column("last_at", sa.BigInteger),
        sa.Column("says", EXACT, nullable=False),
        sa.Column("membership_sha256", EXACT, nullable=False),
    )
    op.create_index("clusters_by_place", "clusters", ["run", "place"])
    op.create_index("clusters_by_membership", "clusters", ["membership_sha256"])
    op.create_table(
        "members",
        sa.Column("run", EXACT, primary_key=True),
        sa.Column("cluster", EXACT, primary_key=True),
        sa.Column("account", EXACT, primary_key=True),
        sa.Column("role", EXACT, nullable=False),
        _of_a_cluster(),
    )
    op.create_index("members_by_account", "members", ["account", "run"])


def _make_history() -> None:
    op.create_table(
        "history",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", EXACT, nullable=False),
        sa.Column("action", EXACT, nullable=False),
        sa.Column("run", EXACT),
        sa.Column("cluster", EXACT),
        sa.Column("details", EXACT, nullable=False),
        sa.Column("previous", EXACT, nullable=False),
        sa.Column("hash", EXACT, nullable=False),
    )
    op.create_index("history_by_cluster", "history", ["run", "cluster", "seq"])
    op.create_table(
        "history_head",
        sa.Column("only", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", EXACT, nullable=False),
    )


def _make_decisions() -> None:
    op.create_table(
        "decisions",
        _number(),
        sa.Column("run", EXACT, nullable=False),
        sa.Column("cluster", EXACT, nullable=False),
        sa.Column("outcome", EXACT, nullable=False),
        sa.Column("reason", EXACT, nullable=False),
        *_signature(),
        sa.Column("undoes", sa.BigInteger, sa.ForeignKey("decisions.seq"), unique=True),
        _of_a_cluster(),
    )
    op.create_index("decisions_by_cluster", "decisions", ["run", "cluster", "seq"])
    op.create_table(
        "exclusions",
        sa.Column("decision", sa.BigInteger, sa.ForeignKey("decisions.seq"), primary_key=True),
        sa.Column("account", EXACT, primary_key=True),
    )
    op.create_table(
        "notes",
        _number(),
        sa.Column("run", EXACT, nullable=False),
        sa.Column("cluster", EXACT, nullable=False),
        sa.Column("text", EXACT, nullable=False),
        *_signature(),
        _of_a_cluster(),
    )
    op.create_index("notes_by_cluster", "notes", ["run", "cluster", "seq"])
    op.create_table(
        "exports",
        _number(),
        sa.Column("run", EXACT, sa.ForeignKey("runs.run"), nullable=False),
        sa.Column("file", EXACT, nullable=False),
        sa.Column("sha256", EXACT, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("purpose", EXACT, nullable=False),
        *_signature(),
    )
    op.create_index("exports_by_run", "exports", ["run", "seq"])


def _number() -> sa.Column[int]:
    return sa.Column(
        "seq", sa.BigInteger, sa.ForeignKey("history.seq"), primary_key=True, autoincrement=False
    )


def _signature() -> tuple[sa.Column[str], sa.Column[int]]:
    by = sa.Column("by", EXACT, nullable=False)
    return by, sa.Column("at", sa.BigInteger, nullable=False)


def _of_a_cluster() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["run", "cluster"], ["clusters.run", "clusters.cluster"])


def _keep_in_sqlite() -> None:
    for table in APPEND_ONLY:
        for change in ("update", "delete"):
            op.execute(
                f"create trigger {table}_no_{change} before {change} on {table}"
                f" begin select raise(abort, '{table} is append-only'); end"
            )


def _keep_in_postgresql() -> None:
    op.execute(
        "create function refuse_change() returns trigger language plpgsql as"
        " $$ begin raise exception '% is append-only', tg_table_name; end $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger {table}_append_only before update or delete or truncate on {table}"
            " for each statement execute function refuse_change()"
        )
