"""The schema `house`: what belongs to no service. Who may call, who signed in, and who did what."""

from typing import Final

from runtime.schema_names import role_of

VIEWER: Final = role_of("viewer")
"""The role in which a page reads for somebody who may not see every lead; it owns nothing and sees no other schema."""
AUDIT_AT_LEAST: Final = 365
"""Days that the audit is kept, whoever asks for less: no service may take a row away by itself."""
TABLES: Final = (
    "CREATE SCHEMA IF NOT EXISTS house",
    "CREATE TABLE IF NOT EXISTS house.setting (key text PRIMARY KEY, value text NOT NULL)",
    """CREATE TABLE IF NOT EXISTS house.access_key (
        id text PRIMARY KEY, kind text NOT NULL CHECK (kind IN ('write', 'server')), digest bytea NOT NULL UNIQUE,
        source text NOT NULL, scopes text[] NOT NULL, created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        revoked_at timestamptz)""",
    """CREATE TABLE IF NOT EXISTS house.session (
        digest bytea PRIMARY KEY, person text NOT NULL, manner text NOT NULL,
        made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        seen_at timestamptz NOT NULL DEFAULT clock_timestamp())""",
    """CREATE TABLE IF NOT EXISTS house.sign_in_link (
        digest bytea PRIMARY KEY, person text NOT NULL, next text,
        made_at timestamptz NOT NULL DEFAULT clock_timestamp(), used_at timestamptz)""",
    """CREATE TABLE IF NOT EXISTS house.sign_in_attempt (
        account bytea, ip text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp())""",
    """CREATE TABLE IF NOT EXISTS house.screen (
        id text PRIMARY KEY, digest bytea NOT NULL UNIQUE, query text NOT NULL, made_by text NOT NULL,
        made_at timestamptz NOT NULL DEFAULT clock_timestamp(), withdrawn_at timestamptz)""",
    """CREATE TABLE IF NOT EXISTS house.audit (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
        who text NOT NULL, manner text NOT NULL, on_behalf text, action text NOT NULL, object text NOT NULL,
        request_id text NOT NULL, ip text NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS audit_by_object ON house.audit (object, id)",
    "CREATE INDEX IF NOT EXISTS audit_by_who ON house.audit (who, id)",
    """CREATE TABLE IF NOT EXISTS house.agreement (
        hash text PRIMARY KEY, text text NOT NULL, in_force_at timestamptz NOT NULL DEFAULT clock_timestamp())""",
    """CREATE TABLE IF NOT EXISTS house.signature (
        hash text NOT NULL, side text NOT NULL CHECK (side IN ('marketing', 'sales')), who text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (hash, side, at))""",
    f"""CREATE OR REPLACE FUNCTION house.forget_audit(days int) RETURNS bigint
        LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
            WITH gone AS (
                DELETE FROM house.audit
                WHERE at < pg_catalog.clock_timestamp()
                           - pg_catalog.make_interval(days => greatest(days, {AUDIT_AT_LEAST}))
                RETURNING 1)
            SELECT count(*) FROM gone $$""",  # noqa: S608
    "REVOKE ALL ON FUNCTION house.forget_audit(int) FROM PUBLIC",
)


def grants(role: str) -> tuple[str, ...]:
    """What a service's role may do here: reporting signs people in and shows the audit, every service adds to it."""
    signs_in = role == role_of("reporting")
    private = "house.sign_in_link, house.sign_in_attempt, house.screen, house.audit"
    return (
        f"GRANT USAGE ON SCHEMA house TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA house TO {role}",
        f"REVOKE ALL ON {private} FROM {role}",
        f"REVOKE INSERT, DELETE ON house.session FROM {role}",
        f"GRANT UPDATE (seen_at) ON house.session TO {role}",
        f"GRANT INSERT ON house.audit TO {role}",
        f"GRANT INSERT, UPDATE (in_force_at) ON house.agreement TO {role}",
        *(
            (
                f"GRANT INSERT, DELETE ON house.session TO {role}",
                f"GRANT SELECT, INSERT, DELETE ON house.sign_in_link, house.sign_in_attempt TO {role}",
                f"GRANT UPDATE (used_at) ON house.sign_in_link TO {role}",
                f"GRANT SELECT, INSERT ON house.screen TO {role}",
                f"GRANT UPDATE (withdrawn_at) ON house.screen TO {role}",
                f"GRANT SELECT ON house.audit TO {role}",
                f"GRANT INSERT ON house.signature TO {role}",
                f"GRANT EXECUTE ON FUNCTION house.forget_audit(int) TO {role}",
            )
            if signs_in
            else ()
        ),
    )
