from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "dosing_portal.web"
    label = "web"
