"""Who a user is at the provider of single sign-on."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column. Users so far have none."""
    op.add_column("user_account", sa.Column("subject", sa.Text()))
    op.create_index("user_account_by_subject", "user_account", ["subject"], unique=True)
