"""One indicator as declared: what is counted, in whom, on what scale, and what counts as need."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError, model_validator

from equity_pipeline.errors import DeclarationError
from equity_pipeline.indicators.keys import Keys
from equity_pipeline.indicators.rules import faults, raw_faults

ADJUSTMENT = {"A0": "crude", "A1": "need_a", "A2": "need_b", "A3": "need_c"}
STATISTICS_FAMILY = {
    "proportion": "binomial",
    "rate": "poisson",
    "mean": "gaussian",
    "ratio": "poisson",
}
# keys that came later: where nothing is declared they change no hash of what is
LATER_KEYS = {"quality_register": None, "beside": None, "role": "indicator", "wait": None}


class Declaration(Keys):
    """One indicator; frozen, complete, and free of contradictions once it exists.

    Values are in natural scale: ``percent`` indicators are shares 0-1, rates are per person-year
    times ``scale``. The value of a cell is always ``scale * s / d``.
    """

    @model_validator(mode="before")
    @classmethod
    def _need_is_need(cls, raw: dict[str, Any]) -> dict[str, Any]:
        _refuse(raw_faults(raw))
        return raw

    @model_validator(mode="after")
    def _agree(self) -> Declaration:
        _refuse(faults(self))
        return self

    @property
    def indicator_version(self) -> str:
        """Id and version as published, for example ``VT01@1.0.0``."""
        return f"{self.id}@{self.version}"

    @property
    def definition_hash(self) -> str:
        """Twelve hex digits of everything that is declared."""
        said = self.model_dump(mode="json")
        for key, unsaid in LATER_KEYS.items():
            if said[key] == unsaid:
                del said[key]
        held = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(held.encode()).hexdigest()[:12]

    @property
    def headline_adjustment(self) -> str:
        """The adjustment whose value is this indicator's own.

        A3 stays at ``need_b`` while the declaration names no disease-specific need. A ratio of
        observed to expected has its need in the expected number: it is never adjusted twice.
        """
        if self.kind == "ratio":
            return "crude"
        chosen = ADJUSTMENT[self.adjusters]
        return "need_b" if chosen == "need_c" and not self.need_extra else chosen

    @property
    def family(self) -> str:
        """The statistics family: binomial, poisson, gaussian or gamma."""
        return self.model or STATISTICS_FAMILY.get(self.kind, "gaussian")

    @property
    def is_proportion(self) -> bool:
        """Whether values are shares of something counted."""
        return self.kind == "proportion"

    @property
    def is_measure(self) -> bool:
        """Whether it is counted for the tables alone and never published as an indicator."""
        return self.role == "measure"

    @property
    def counts_events(self) -> bool:
        """Whether the numerator is a count of people or events; costs, days and means are not."""
        if self.kind == "ratio" and self.numerator.sum is None:
            return True
        counts = self.kind in {"rate", "ratio"} and (self.numerator.sum or "").startswith("n_")
        return self.kind == "proportion" or counts

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The smallest and largest possible value; None where there is no upper one."""
        return (0.0, 1.0) if self.is_proportion else None

    @property
    def enters_verdicts(self) -> bool:
        """Whether the indicator has a good side, so that a gap can be to someone's harm."""
        return self.direction != "neutral" if self.verdict is None else self.verdict

    @property
    def has_evidence(self) -> bool:
        """Whether a public source stands behind the indicator; without one, no verdict A."""
        return bool(self.evidence_ref)

    def minimum_difference(self, reference: float) -> float:
        """Return the minimum important difference on the value's scale.

        Parameters
        ----------
        reference
            The value that a relative limit is a share of.

        Examples
        --------
        >>> from equity_pipeline.indicators.catalogue import load_catalogue
        >>> load_catalogue()["KO01"].minimum_difference(6000.0)
        300.0
        """
        if self.mid is not None:
            return self.mid
        return abs(reference) * (self.mid_relative or 0.0)


def read_declaration(path: Path, *, domain: str | None = None) -> Declaration:
    """Return the declaration in one TOML file.

    Parameters
    ----------
    path
        ``<domain>/<id>_<name>.toml``; a file that states ``domain`` and ``id`` may lie anywhere.
    domain
        The domain, where the folder does not say it.

    Raises
    ------
    DeclarationError
        Tells every fault of the file.
    """
    raw = _read(path)
    raw.setdefault("id", path.stem.partition("_")[0].upper())
    raw.setdefault("domain", domain or path.parent.name)
    try:
        return Declaration.model_validate(raw)
    except ValidationError as error:
        raise DeclarationError(
            _say(error),
            where=str(path),
            mend="compare with a packaged declaration of the same kind in indicators/declared/",
        ) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DeclarationError("The declaration does not exist.", where=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeclarationError(f"The declaration is not TOML: {error}", where=str(path)) from None


def _say(error: ValidationError) -> str:
    told = []
    for one in error.errors():
        key = ".".join(str(part) for part in one["loc"])
        message = one["msg"].removeprefix("Value error, ")
        told.append(f"{key}: {message}" if key else message)
    return "The indicator cannot be used:\n  " + "\n  ".join(told)


def _refuse(told: list[str]) -> None:
    if told:
        raise ValueError("; ".join(told))
