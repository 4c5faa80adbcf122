"""A service's names in SQL: its schema, its role, and one SELECT over several schemas."""

from collections.abc import Iterable


def schema_of(service: str) -> str:
    """The one place where the hyphen of a service's name becomes an underscore."""
    return service.replace("-", "_")


def role_of(schema: str) -> str:
    """The database role that sees this schema, the log, and nothing else."""
    return f"baton_{schema}"


def in_schemas(template: str, schemas: Iterable[str]) -> str:
    """One SELECT over several services' schemas: `{schema}` is filled in, the parts are joined by UNION ALL."""
    return " UNION ALL ".join(template.format(schema=schema) for schema in schemas)
