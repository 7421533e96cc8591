"""At six: has a night ended well? If not, those on duty are told what still stands."""

from __future__ import annotations

from nightly import settings_from  # first: it says how Prefect is to behave
from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from telling import tell

from equity_pipeline.errors import EquityError
from equity_pipeline.pipeline import watching


@flow(name="late", log_prints=False, persist_result=False, result_serializer="json")
def late(config: str | None = None, home: str | None = None) -> str:
    """Tell if no night has ended well since the last was due; return what was found.

    Parameters
    ----------
    config
        Path of an equity.toml; ``operation`` in it says when a night is late and who is told.
    home
        Where the nights work; overrides ``run.home``.

    Raises
    ------
    EquityError
        If somebody who should have been told could not be reached.
    """
    settings = settings_from(config, home)
    seen = watching.watch(settings)
    get_run_logger().info(seen.subject)
    if not seen.is_late:
        return seen.subject
    create_markdown_artifact(key="night-late", markdown=f"# {seen.subject}\n\n{seen.body}")
    if untold := tell(settings.operation.tell, seen.subject, seen.body):
        raise EquityError("\n".join(untold), where="operation.tell", mend="mend the block")
    return seen.subject
