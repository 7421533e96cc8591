"""Tells people through the notification blocks of Prefect: a webhook, a letter, or what it has."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

from prefect.blocks.abstract import NotificationBlock
from prefect.blocks.core import Block
from prefect.blocks.notifications import AppriseNotificationBlock
from prefect.utilities.asyncutils import run_coro_as_sync


class Mail(AppriseNotificationBlock):
    """A letter over SMTP; the address of the server and of those who read it is one URL.

    ``mailto://smtp.example.org:25?from=equity@example.org&to=vakt@example.org&mode=insecure``
    inside a network of one's own, or ``mailtos://user:password@...`` over TLS. Prefect has no
    block of its own for plain SMTP; the library that it sends with (Apprise) has.
    """

    _block_type_name = "E-mail"
    _block_type_slug = "e-mail"


def tell(names: Iterable[str], subject: str, body: str) -> list[str]:
    """Send to every named block, and return in words which could not be reached.

    One that fails is no reason not to try the next. Nothing of an answer is quoted, since it may
    repeat what was sent or a secret of the address.

    Parameters
    ----------
    names
        Type and name of each block, as ``custom-webhook/equity``.
    """
    return list(_untold(names, subject, body))


def _untold(names: Iterable[str], subject: str, body: str) -> Iterator[str]:
    for name in names:
        try:
            block = _awaited(Block.load(name))
            if not isinstance(block, NotificationBlock):
                yield f"{name} sends no notifications"
                continue
            with block.raise_on_failure():
                _awaited(block.notify(body, subject))
        except Exception as error:
            yield f"{name} could not be told: {type(error).__name__}"


def _awaited(held: Any) -> Any:
    """Return what a call gives that answers at once in one place and is awaited in another."""
    return run_coro_as_sync(held) if inspect.iscoroutine(held) else held
