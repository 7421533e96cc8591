"""How the network is reached: through a hospital's proxy, trusting its certificate authority."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator

import httpx

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.settings import HttpSettings

# Names the project and nothing about the machine that asks.
USER_AGENT = "equity-pipeline (open data on differences in care; keeps to published limits)"
ENVIRONMENT = "environment"
USER_INFO = re.compile(r"//[^/@\s]*@")
CERTIFICATE_MEND = (
    "if the network inspects TLS, set sources.http.certificate_authority to the PEM file of the "
    "authority that it signs with; otherwise do not trust this server"
)
PROXY_MEND = "check the address, user and password in sources.http.proxy with the network's owner"


def open_http(http: HttpSettings) -> httpx.Client:
    """Return the client that the settings describe.

    The process's own proxy variables are read only when ``proxy`` is ``environment``. The
    certificate authority of the settings is trusted beside the usual ones.

    Raises
    ------
    ConfigurationError
        The proxy's address or the certificate authority cannot be used.
    """
    from_environment = http.proxy == ENVIRONMENT
    try:
        return httpx.Client(
            timeout=httpx.Timeout(http.timeout_seconds),
            proxy=None if from_environment else http.proxy,
            verify=_trusted(http),
            headers={"User-Agent": USER_AGENT, "Accept": "application/json, */*;q=0.5"},
            follow_redirects=True,
            trust_env=from_environment,
        )
    except (ValueError, httpx.InvalidURL, ImportError):
        raise ConfigurationError(
            "The address of the proxy cannot be used.",
            where="HTTPS_PROXY and HTTP_PROXY" if from_environment else "sources.http.proxy",
            mend="give it as http://proxy.example:8080, a user before the host as user:word@",
        ) from None


def without_user(text: str) -> str:
    """Return a text in which no address shows a user or password.

    Examples
    --------
    >>> without_user("connect to http://anna:hemligt@proxy.example:8080 failed")
    'connect to http://***@proxy.example:8080 failed'
    """
    return USER_INFO.sub("//***@", text)


def is_certificate_fault(error: BaseException) -> bool:
    """Return whether a server was not trusted: asking again would not help."""
    return any(isinstance(one, ssl.SSLCertVerificationError) for one in _behind(error))


def is_proxy_refusal(error: BaseException) -> bool:
    """Return whether the proxy itself said no, as with a wrong password."""
    return isinstance(error, httpx.ProxyError) and str(error)[:3] in {"401", "403", "407"}


def _behind(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _trusted(http: HttpSettings) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    if http.certificate_authority is not None:
        try:
            context.load_verify_locations(cafile=str(http.certificate_authority))
        except (OSError, ssl.SSLError):
            raise ConfigurationError(
                "The certificate authority cannot be read.",
                where=f"sources.http.certificate_authority = {http.certificate_authority}",
                mend="give the path of a PEM file",
            ) from None
    return context
