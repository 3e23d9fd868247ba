"""Courses and doses of a patient."""

from django.urls import URLPattern, path

from schedules.views import chart, courses, delays, doses

# /patients/<uuid>/ and what hangs on it
patient_urls = [
    path("patients/<uuid:patient_id>/", chart.patient, name="patient"),
    path("patients/<uuid:patient_id>/chart/", chart.chart, name="patient-chart"),
    path("patients/<uuid:patient_id>/courses/new/", courses.new, name="course-new"),
]

# /courses/<uuid>/
course_urls = [
    path("courses/<uuid:course_id>/what-if/", delays.what_if, name="course-what-if"),
    path("courses/<uuid:course_id>/replan/", delays.replan, name="course-replan"),
    path("courses/<uuid:course_id>/end/", courses.end, name="course-end"),
    path(
        "courses/<uuid:course_id>/doses/<int:ordinal>/administer/",
        doses.administer,
        name="dose-administer",
    ),
]

urlpatterns: list[URLPattern] = [*patient_urls, *course_urls]
