"""By domain, how the first of its people called a company: whoever contradicts belongs to another one."""

from alembic import op

revision = "scoring_0003"
down_revision = "scoring_0002"


def upgrade() -> None:
    op.execute("CREATE TABLE company_name (domain text PRIMARY KEY, name text NOT NULL)")
