"""Today, Events, and everything that answers an alert."""

from django.urls import URLPattern, path

from schedules.views import (
    alerts,
    answer,
    event,
    event_answers,
    event_decision,
    event_response,
    events,
    today,
)

# /events/
event_urls = [
    path("events/<uuid:event_id>/steps/", event_response.steps, name="event-steps"),
    path("events/<uuid:event_id>/steps/<uuid:step_id>/", event_response.act, name="event-step"),
    path("events/", events.event_list, name="event-list"),
    path("events/<uuid:event_id>/", event.event, name="event"),
    path("events/<uuid:event_id>/confirm/", event.confirm, name="event-confirm"),
    path("events/<uuid:event_id>/attribute/", event.attribute, name="event-attribute"),
    path("events/<uuid:event_id>/disagree/", event_answers.disagree, name="event-disagree"),
    path("events/<uuid:event_id>/declare/", event_answers.declare, name="event-declare"),
    path("events/<uuid:event_id>/rule-out/", event_answers.rule_out, name="event-rule-out"),
    path("events/<uuid:event_id>/resolve/", event_answers.resolve, name="event-resolve"),
    path("events/<uuid:event_id>/maximum/", event_answers.maximum, name="event-maximum"),
    path("events/<uuid:event_id>/close/", event.close, name="event-close"),
    path("events/<uuid:event_id>/next-dose/", event_decision.decide, name="event-decide"),
]

# /alerts/, and the link of a message
alert_urls = [
    path("alerts/<uuid:alert_id>/", alerts.alert, name="alert"),
    path("alerts/<uuid:alert_id>/acknowledge/", alerts.acknowledge, name="alert-acknowledge"),
    path("alerts/<uuid:alert_id>/resolve/", alerts.resolve, name="alert-resolve"),
    path("a/<str:token>/", answer.answer, name="page-answer"),
]

urlpatterns: list[URLPattern] = [path("", today.today, name="today"), *event_urls, *alert_urls]
