"""The site's own urls with the two references beside them. Served by the benchmark alone."""

from django.urls import include, path

from treatments.bench.references import hello, one_query

urlpatterns = [
    path("bench/hello", hello),
    path("bench/one-query/<int:number>", one_query),
    path("", include("clinic.urls")),
]
