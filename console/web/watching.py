"""The numbers of a console for those who keep it running, as Prometheus counts."""

from __future__ import annotations

import time
from collections import Counter as Counts
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from console.failures import say
from console.web.permits import row_of, template_of
from console.web.site import Site
from graph.errors import RingwatchError
from review.decisions import OPEN, STATES
from review.pointer import RunEntry
from review.run import read_run

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
OTHER = "other"


class Watch:
    """The numbers of one console: what was asked of it, and how its runs and store stand."""

    def __init__(self, site: Site) -> None:
        """With nothing asked yet."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "ringwatch_requests",
            "Requests answered, by route, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "ringwatch_request_seconds",
            "Seconds from a request to the end of its answer, by route.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._entries = Counter(
            "ringwatch_sign_ins",
            "Tries to sign in by a password: in, wrong, or too many.",
            ("outcome",),
            registry=self.registry,
        )
        self.registry.register(_Standing(site))

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request; what is at no address of ours is `other`, whatever was asked for."""
        known = row_of(method, path) is not None
        route = template_of(path) if known else OTHER
        method = method if known else OTHER
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> tuple[bytes, str]:
        """All numbers as Prometheus reads them, and what type of text that is."""
        return generate_latest(self.registry), CONTENT_TYPE_PLAIN_0_0_4

    def tried(self, outcome: str) -> None:
        """Count a try to sign in."""
        self._entries.labels(outcome).inc()


class _Standing(Collector):
    """How runs and store stand at the time somebody asks."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("ringwatch_up", "1 where runs and store answer, 0 where not.")
        try:
            found = list(_standing(self._site))
        except RingwatchError as error:
            say(f"the metrics lack what the store and the runs say: {error}")
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        yield up
        yield from found


def _standing(site: Site) -> Iterator[Metric]:
    runs = site.runs()
    yield GaugeMetricFamily("ringwatch_runs", "Published runs.", value=len(runs))
    age = _gauge("run_age_seconds", "Age of the newest run, by job.", "job")
    newest: dict[str, int] = {}
    for each in runs:
        newest[each.job] = max(each.created_at, newest.get(each.job, 0))
    for job, at in newest.items():
        age.add_metric((job,), time.time() - at / 1000)
    yield age
    if runs:
        yield _queue(site, runs[0])
    deliveries = _gauge("deliveries", "Deliveries, by state.", "state")
    for state, count in Counts(each.state for each in site.store.deliveries.all()).items():
        deliveries.add_metric((state,), count)
    yield deliveries


def _queue(site: Site, newest: RunEntry) -> Metric:
    """The clusters of the newest run by what stands on them."""
    # Not `site.run()`: a scrape waits for no run to be taken in.
    run = read_run(site.out, newest)
    states = Counts(site.store.states(run.name).values())
    states[OPEN] = run.manifest.tables["clusters"].rows - sum(states.values())
    found = _gauge("clusters", "Clusters of the newest run, by state.", "state")
    for state in STATES:
        found.add_metric((state,), states[state])
    return found


def _gauge(name: str, says: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"ringwatch_{name}", says, labels=(label,))
