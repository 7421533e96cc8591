"""One polite HTTP client for all open sources: paced, patient, and honest about what failed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Self

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from equity_pipeline.errors import SourceError
from equity_pipeline.settings import HttpSettings
from equity_pipeline.sources.asking.pace import Limits, Pace
from equity_pipeline.sources.asking.refusals import (
    exception_of,
    is_html,
    mend_of,
    retry_after_seconds,
    title_of,
)
from equity_pipeline.sources.asking.transport import (
    CERTIFICATE_MEND,
    PROXY_MEND,
    is_certificate_fault,
    is_proxy_refusal,
    open_http,
    without_user,
)

PROXY_SAYS_NO = 407
PASSING = frozenset({429, 502, 503, 504})
SLOWEST_ANSWERS = 20  # timeouts an answer may take in all: a server that drips never ends otherwise
LARGEST_BYTES = 256 * 1024 * 1024
UNREACHABLE_MEND = (
    "check the network and sources.http.proxy, sources.http.certificate_authority and the "
    "source's base_url; the next run asks again"
)


class Unreachable(SourceError):
    """A source gave no usable answer; a stored one may stand in for it."""


class Refused(SourceError):
    """A source answered and refused the question; carries its HTTP status and its own words.

    Examples
    --------
    >>> Refused("No.", status=403, title="Too many values selected").status
    403
    """

    def __init__(
        self, what: str, *, where: str = "", mend: str = "", status: int = 0, title: str = ""
    ) -> None:
        self.status = status
        self.title = title
        super().__init__(what, where=where, mend=mend)


class _Again(Exception):
    """A passing fault; ``seconds`` is how long the server asked us to wait."""

    def __init__(self, what: str, seconds: float | None = None) -> None:
        self.what = what
        self.seconds = seconds
        super().__init__(what)


class _Down(NamedTuple):
    """Why a host is not asked again by this client."""

    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a source: method, whole address, and body (empty for GET).

    Examples
    --------
    >>> Question("GET", "https://api.kolada.se/v3/kpi/N01951").key[:8]
    '44d1141e'
    """

    method: str
    url: str
    body: bytes = b""

    @property
    def key(self) -> str:
        """Return the hash of method, address and body: the same question has the same key."""
        return hashlib.sha256(
            b"\n".join([self.method.encode(), self.url.encode(), self.body])
        ).hexdigest()

    @property
    def where(self) -> str:
        """Return the question as a line for messages; no user or password is in it."""
        return without_user(f"{self.method} {self.url}")


class PoliteClient:
    """Asks over HTTP with a pace per host, timeouts, retries with jitter, and Retry-After.

    Parameters
    ----------
    http
        Timeout in seconds, attempts, the longest single wait, proxy and certificate authority.
        The process's own proxy variables are read only if the settings say so.
    sleep, clock
        Replaced in tests.

    Examples
    --------
    >>> with PoliteClient(HttpSettings()) as client:
    ...     client.allow("https://api.kolada.se/v3", Limits(5, 1.0))
    """

    def __init__(
        self,
        http: HttpSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = http
        self._sleep = sleep
        self._clock = clock
        self._paces: dict[str, Pace] = {}
        self._down: dict[str, _Down] = {}
        self._jitter = wait_random_exponential(multiplier=0.5, max=http.longest_wait_seconds)
        self._http = open_http(http)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self._http.close()

    def allow(self, url: str, limits: Limits) -> None:
        """Set the limits of the host of ``url``, as the source itself told them."""
        self._pace(_host(url)).limits = limits

    def ask(self, question: Question) -> bytes:
        """Return the bytes of the answer, as they came.

        Raises
        ------
        Unreachable
            After the last attempt, or when a web page or a broken server answers. A host that
            was given up is not asked again by this client: the next questions fail at once.
        Refused
            The source refused the question (another 4xx); carries the server's own title.
        """
        host = _host(question.url)
        if host in self._down:
            what, mend = self._down[host]
            raise Unreachable(what, where=question.where, mend=mend)
        try:
            return self._patiently(question)
        except _Again as last:
            tried = self._settings.attempts
            what = f"The source gave no answer in {tried} attempts: {last.what}."
            self._down[host] = _Down(what, UNREACHABLE_MEND)
            raise Unreachable(what, where=question.where, mend=UNREACHABLE_MEND) from None

    def _patiently(self, question: Question) -> bytes:
        retrying = Retrying(
            stop=stop_after_attempt(self._settings.attempts),
            wait=self._wait,
            retry=retry_if_exception_type(_Again),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._once, question)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _Again) and error.seconds is not None:
            return min(error.seconds, self._settings.longest_wait_seconds)
        return self._jitter(state)

    def _once(self, question: Question) -> bytes:
        self._pace(_host(question.url)).wait()
        headers = {"Content-Type": "application/json"} if question.body else {}
        try:
            with self._http.stream(
                question.method, question.url, content=question.body or None, headers=headers
            ) as response:
                return self._judge(question, response, self._read(question, response))
        except httpx.TimeoutException:
            raise _Again(f"no answer within {self._settings.timeout_seconds:g} s") from None
        except httpx.RequestError as error:
            raise self._fault(question, error) from None

    def _fault(self, question: Question, error: httpx.RequestError) -> Exception:
        if is_certificate_fault(error):
            what, mend = "The certificate of the server is not trusted.", CERTIFICATE_MEND
        elif is_proxy_refusal(error):
            what, mend = f"The proxy refuses this caller: HTTP {str(error)[:3]}.", PROXY_MEND
        else:
            return _Again(without_user(f"{type(error).__name__}: {error}"))
        self._down[_host(question.url)] = _Down(what, mend)
        return Unreachable(what, where=question.where, mend=mend)

    def _read(self, question: Question, response: httpx.Response) -> bytes:
        held = bytearray()
        last = self._clock() + SLOWEST_ANSWERS * self._settings.timeout_seconds
        for part in response.iter_bytes():
            held += part
            if self._clock() > last:
                raise _Again("the answer dripped and was not whole in time")
            if len(held) > LARGEST_BYTES:
                raise SourceError(
                    f"The answer is larger than {LARGEST_BYTES} bytes.",
                    where=question.where,
                    mend="ask for fewer codes or years",
                )
        return bytes(held)

    def _judge(self, question: Question, response: httpx.Response, content: bytes) -> bytes:
        status = response.status_code
        if status in PASSING:
            asked = retry_after_seconds(response.headers.get("Retry-After"))
            raise _Again(f"HTTP {status} {title_of(content)}".strip(), asked)
        told = exception_of(content) if status == 200 else title_of(content)
        if status >= 500 or (status == 200 and not told and is_html(response.headers, content)):
            what = "a web page instead of data" if status < 500 else f"HTTP {status}"
            raise Unreachable(
                f"The source answered with {what}.", where=question.where, mend=UNREACHABLE_MEND
            )
        if status == PROXY_SAYS_NO:
            what = "The proxy refuses this caller: HTTP 407."
            raise Unreachable(what, where=question.where, mend=PROXY_MEND)
        if status != 200 or told:
            raise Refused(
                f"The source refused the question: HTTP {status}, {told or 'no reason given'}.",
                where=question.where,
                mend=mend_of(status),
                status=status,
                title=told,
            )
        return content

    def _pace(self, host: str) -> Pace:
        return self._paces.setdefault(host, Pace(self._sleep, self._clock))


def _host(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise SourceError(
            "The address of the source is not an http address.",
            where=without_user(url),
            mend="set base_url of the source to one that begins with https://",
        )
    return parsed.netloc.decode("ascii")
