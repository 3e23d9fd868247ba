"""Facts that are written once: the database itself refuses to change or remove them."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models


class AppendOnly(models.Model):
    """A row that no one may update, delete or truncate; a correction is another row."""

    class Meta:
        abstract = True
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="append_only_truncate",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME;",
            ),
        ]
