#!/usr/bin/env python
"""Django's command line for the portal."""

import os
import sys

from django.core.management import execute_from_command_line

from dosing_portal.embedded.bench import around

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dosing_portal.settings")
    with around(sys.argv):
        execute_from_command_line(sys.argv)
