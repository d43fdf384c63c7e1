"""What becomes of the differences of a receipt: found, taken over, taken back, beyond the note."""

import sqlalchemy as sa
from alembic import op

revision = "elmis_0004"
down_revision = "elmis_0003"
branch_labels = None
depends_on = None

OUTCOMES = ("found", "left_behind", "taken_over", "taken_back", "spoilt")
SETTLED = (
    "found >= 0 AND left_behind >= 0 AND taken_over >= 0 AND found + left_behind + taken_over <= missing + damaged"
)
RETURNED = "taken_back >= 0 AND spoilt >= 0 AND taken_back + spoilt <= refused"
REASONS = [  # code, English, French, from, to, needs a comment
    ("called_back", "Called back on the way", "Rappelé en route", "in_transit", "returning", True),
    ("return_accepted", "Refused goods taken back", "Refus repris en stock", "returning", "store", False),
    ("return_lost", "Refused goods spoilt or not come back", "Refus avarié ou non revenu", "returning", "loss", False),
    ("extra_received", "Received beyond the note", "Reçu en plus du bordereau", "adjustment", "store", False),
    ("extra_shipped", "Sent beyond the note", "Expédié en plus du bordereau", "store", "adjustment", False),
    ("extra_withdrawn", "Surplus withdrawn", "Surplus retiré après désaccord", "store", "adjustment", True),
    ("found_transit", "Missing on arrival, found later", "Manquant à la réception retrouvé", "loss", "store", True),
    ("left_behind", "Shipped on paper, had not left", "Expédié sur papier, n’était pas parti", "loss", "store", True),
    ("loss_taken_over", "Loss taken over by the receiver", "Perte reprise par le destinataire", "loss", "loss", True),
]
TABLE = sa.table(
    "elmis_reason",
    *(sa.column(name, sa.String) for name in ("code", "label_en", "label_fr", "from_kind", "to_kind")),
    *(sa.column(name, sa.Boolean) for name in ("counts_as_consumption", "needs_comment", "active")),
)


def upgrade() -> None:
    """Add the columns, the goods beyond the note, and the reasons of their movements."""
    with op.batch_alter_table("elmis_receipt_line", schema=None) as batch_op:
        for name in OUTCOMES:
            batch_op.add_column(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.create_check_constraint(op.f("ck_elmis_receipt_line_settled"), SETTLED)
        batch_op.create_check_constraint(op.f("ck_elmis_receipt_line_returned"), RETURNED)
    with op.batch_alter_table("elmis_receipt_line", schema=None) as batch_op:
        for name in OUTCOMES:
            batch_op.alter_column(name, server_default=None)
        where = sa.text("refused > taken_back + spoilt")
        batch_op.create_index(
            "ix_elmis_receipt_line_returning", ["receipt_id"], unique=False, sqlite_where=where, postgresql_where=where
        )
    # what was refused before stands in the store already
    op.execute("UPDATE elmis_receipt_line SET taken_back = refused")
    op.create_table(
        "elmis_receipt_extra",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receipt_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("instead_of_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("comment", sa.String(length=300), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_elmis_receipt_extra_positive")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_elmis_receipt_extra_{column}"))
            for column, table in (
                ("receipt_id", "elmis_receipt"), ("product_id", "elmis_product"), ("lot_id", "elmis_lot"),
                ("instead_of_id", "elmis_shipment_line"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elmis_receipt_extra")),
    )  # fmt: skip
    with op.batch_alter_table("elmis_receipt_extra", schema=None) as batch_op:
        for name in ("receipt_id", "product_id", "lot_id"):
            batch_op.create_index(batch_op.f(f"ix_elmis_receipt_extra_{name}"), [name], unique=False)
    _reasons()


def _reasons() -> None:
    """Bring the reasons of a house that has them already up to date; an empty one is seeded."""
    connection = op.get_bind()
    known = set(connection.execute(sa.select(TABLE.c.code)).scalars())
    if not known:
        return
    connection.execute(TABLE.update().where(TABLE.c.code == "refused_transit").values(to_kind="returning"))
    for code, label_en, label_fr, source, target, comment in REASONS:
        if code not in known:
            words = {"code": code, "label_en": label_en, "label_fr": label_fr, "from_kind": source, "to_kind": target}
            flags = {"counts_as_consumption": False, "needs_comment": comment, "active": True}
            connection.execute(TABLE.insert().values(**words, **flags))


def downgrade() -> None:
    """Take them back; the reasons stay, since movements name them."""
    op.drop_table("elmis_receipt_extra")
    with op.batch_alter_table("elmis_receipt_line", schema=None) as batch_op:
        batch_op.drop_index("ix_elmis_receipt_line_returning")
        batch_op.drop_constraint(op.f("ck_elmis_receipt_line_settled"), type_="check")
        batch_op.drop_constraint(op.f("ck_elmis_receipt_line_returned"), type_="check")
        for name in OUTCOMES:
            batch_op.drop_column(name)
