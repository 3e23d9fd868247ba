"""The ASGI entry point, for servers that want one. The portal's views are synchronous; WSGI is faster."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dosing_portal.settings")

application = get_asgi_application()
