"""Migrate as the owner role, then give the application role what it may do, and nothing more."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from psycopg2 import sql

from dosing_portal.kernel.append_only import AppendOnly


class Command(BaseCommand):
    help = (
        "Runs the migrations and grants the application role (PORTAL_APPLICATION_ROLE) its rights. Set "
        "DATABASE_URL to the role that owns the tables. Safe to run again."
    )

    def handle(self, *_args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=options["verbosity"], stdout=self.stdout)
        if settings.PORTAL_APPLICATION_ROLE:
            grant_rights(settings.PORTAL_APPLICATION_ROLE)


@transaction.atomic
def grant_rights(role: str) -> None:
    """Let ``role`` read and write every table, but only add to the append-only ones.

    The triggers of those tables refuse the same; a role without the right cannot switch a trigger off.
    Raises CommandError when the role does not exist or is the one that is connected.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user = %s, to_regrole(quote_ident(%s)) IS NULL", [role, role])
        is_owner, is_missing = cursor.fetchone()
        if is_missing:
            raise CommandError(f"The database has no role {role}. Create it with CREATE ROLE {role} LOGIN.")
        if is_owner:
            raise CommandError(
                f"DATABASE_URL and PORTAL_APPLICATION_ROLE both name {role}. Set DATABASE_URL to the role "
                "that owns the tables: the application role must not be able to change them."
            )
        name = sql.Identifier(role)
        for statement in (
            sql.SQL("GRANT USAGE ON SCHEMA public TO {role}"),
            sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"),
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"),
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"),
            sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}"),
        ):
            cursor.execute(statement.format(role=name))
        for table in append_only_tables():
            cursor.execute(
                sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), name)
            )


def append_only_tables() -> list[str]:
    """The tables of all models that are written once."""
    return sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnly))
