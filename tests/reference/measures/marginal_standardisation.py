"""Levels at everybody's need: marginaleffects' contrasts and averaged predictions of glm and lm."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.statistics.estimate import normal_estimate
from equity_pipeline.statistics.gaps import wald_p
from equity_pipeline.statistics.need import (
    Covariates,
    Dispersion,
    Family,
    Information,
    NeedVariable,
    Scale,
    SmallSample,
    Standardised,
    Variance,
    contrast,
    marginal_standardisation,
)
from tests.reference.r_glm import Stopped, levels_short
from tests.reference.vectors import Case, columns

FAMILIES = {
    Family.BINOMIAL: ("logit", "logistic", "binomial", "quasibinomial"),
    Family.POISSON: ("poisson", "quasipoisson", "log"),
    Family.GAUSSIAN: ("lm", "lpm", "ols", "gaussian", "linear", "identity"),
    Family.GAMMA: ("gamma", "gamma_log", "gamma-log"),
}
SCALES = {
    Scale.DIFFERENCE: ("difference", "differenceavg", "risk_difference", "rd"),
    Scale.RATIO: ("ratio", "ratioavg", "risk_ratio", "rr"),
    Scale.LIFT: ("lift", "liftavg"),
    Scale.LOG_RATIO: ("log_ratio", "lnratio", "lnratioavg"),
    Scale.LOG_ODDS_RATIO: ("log_odds_ratio", "log_or", "lnor", "lnoravg"),
}
KEYS = ("outcome", "family", "stratum", "vcov", "measure", "contrast", "level", "reference")


def run(case: Case) -> None:
    rows, people = case.rows(), case.frame()
    case.keys(*(name for name in KEYS if name in rows))
    confidence = float(case.param("confidence", "conf_level", "conf.level", default=0.95))
    made = pd.DataFrame(np.nan, rows.index, ["estimate", "se", "lower", "upper", "p"])
    by = [name for name in ("outcome", "family", "stratum", "vcov", "measure") if name in rows]
    for _, block in rows.groupby(by, sort=False):
        model = _Model(case, people, block.iloc[0])
        for name, numbers in model.figures(block, confidence).items():
            made.loc[block.index, name] = numbers
    for name in [name for name in made if name in rows]:
        case.agrees(name, made[name])


class _Model:
    """One model of the case: outcome, family, strata and covariance as its rows name them."""

    def __init__(self, case: Case, people: pd.DataFrame, row: pd.Series) -> None:
        self.case, self.row = case, row
        self.family_name = self._told("family", "model").lower()
        self.family = next(f for f, names in FAMILIES.items() if self.family_name in names)
        self.stratum, self.outcome = self._told("stratum", "variable"), self._told("outcome")
        self.terms = _formula(self._adjust())
        used = [self.outcome, self.stratum, *self._names(people)]
        self.people = people.dropna(subset=list(dict.fromkeys(used)))
        self.names = self.people[self.stratum].map(_text)
        self.levels = sorted(self.names.unique())

    def _told(self, *names: str, default: str = "") -> str:
        """Return what the row says, or else the case for all its rows."""
        found = next((self.row[name] for name in names if name in self.row), None)
        return str(self.case.param(*names, default=default) if found is None else found)

    def _adjust(self) -> str:
        told = self.case.param("adjust", "adjusters", "covariates", "need", default="")
        if isinstance(told, dict):
            keys = (self.outcome, self.stratum, self.family_name)
            told = next((told[key] for key in keys if key in told), "")
        return " + ".join(map(str, told)) if isinstance(told, list) else str(told)

    def _names(self, people: pd.DataFrame) -> list[str]:
        words = re.findall(r"[A-Za-z_.][\w.]*", " ".join(self.terms))
        return [word for word in words if word in people.columns]

    def _clusters(self) -> np.ndarray | None:
        vcov = self._told("vcov", default="TRUE").lstrip("~ ")
        named = self.case.param("cluster", "clusters", "unit", default="")
        told = str(named).lstrip("~ ") if re.match(r"(?i)cl", vcov) else vcov
        return self.people[told].factorize()[0] if told in self.people else None

    def _options(self) -> dict[str, Any]:
        vcov = self._told("vcov", default="TRUE").upper()
        quasi = self.family_name.startswith("quasi")
        chosen: dict[str, Any] = {
            "covariates": Covariates.FIXED,
            "information": Information.EXPECTED,
            "dispersion": Dispersion.PEARSON if quasi else Dispersion.FAMILY,
        }
        if vcov in ("MODEL", "TRUE", "CONST", "CLASSICAL", "IID"):
            return chosen | {"variance": Variance.MODEL}
        if self._clusters() is not None:
            # the peer's own choice: the degrees of freedom of a linear model count, a glm's do not
            exact = SmallSample.HC1 if self.family is Family.GAUSSIAN else SmallSample.GROUPS
            return chosen | {"variance": Variance.CLUSTER, "small_sample": exact}
        small = {"HC0": SmallSample.NONE, "HC": SmallSample.HC3, "ROBUST": SmallSample.HC3}
        chosen["small_sample"] = small[vcov] if vcov in small else SmallSample(vcov.lower())
        return chosen | {"variance": Variance.ROWS}

    def fitted(self) -> Standardised:
        own = [term for term in self.terms if self.stratum in re.split(r"\s*:\s*", term)]
        plain = [term for term in self.terms if term not in own and term != self.stratum]
        by_level = {":".join(p for p in re.split(r"\s*:\s*", t) if p != self.stratum) for t in own}
        clusters = self._clusters()
        made = marginal_standardisation(
            self.people[self.outcome],
            np.ones(len(self.people)),
            self.names.map(self.levels.index),
            [NeedVariable.numeric(term, _columns(self.people, term)) for term in plain],
            np.arange(len(self.people)) if clusters is None else clusters,
            n_levels=len(self.levels),
            family=self.family,
            by_level=by_level,
            **self._options(),
        )
        return made if by_level or self.family is Family.GAUSSIAN else self._as_r(made, plain)

    def _as_r(self, made: Standardised, terms: list[str]) -> Standardised:
        """Return ours as far from the settled fit as R's glm ends."""
        need = np.column_stack(
            [np.ones(len(self.people)), *(_columns(self.people, t) for t in terms)]
        )
        own = np.array(self.names.map(self.levels.index))

        def at(level: np.ndarray | int) -> np.ndarray:
            level = np.broadcast_to(level, len(need))
            return np.hstack([need, level[:, np.newaxis] == np.arange(1, len(self.levels))])

        options, cluster = self._options(), self._clusters()
        value, covariance = levels_short(
            at(own),
            [at(level) for level in range(len(self.levels))],
            self.people[self.outcome].to_numpy(dtype=float),
            self.family,
            lambda fit: _covariance(fit, options, cluster),
        )
        return replace(made, value=made.value + value, covariance=made.covariance + covariance)

    def figures(self, rows: pd.DataFrame, confidence: float) -> dict[str, np.ndarray]:
        made, measure = self.fitted(), self._told("measure", "comparison", default="level")
        scale = next((s for s, names in SCALES.items() if measure in names), None)
        texts = rows["contrast" if "contrast" in rows else "level"].map(_text)
        if scale is None:
            at = [self.levels.index(text) for text in texts]
            error = np.sqrt(np.diag(made.covariance))[at]
            level = normal_estimate(made.value[at], error, confidence=confidence, method="level")
            return _named(level, wald_p(level.value, error))
        pairs = [self._pair(text) for text in texts]
        focus, reference = ([self.levels.index(pair[i]) for pair in pairs] for i in (0, 1))
        told = contrast(
            made.value, made.covariance, focus, reference, scale=scale, confidence=confidence
        )
        return _named(told.estimate, told.p)

    def _pair(self, text: str) -> tuple[str, str]:
        """Return focus and reference of a text such as "b - a", "mean(b) / mean(a)" or "b"."""
        bare = re.sub(r"\b(?:mean|ln|log|odds)\(|\)", "", text)
        for focus in self.levels:
            for reference in self.levels:
                if {text, bare} & {f"{focus} - {reference}", f"{focus} / {reference}"}:
                    return focus, reference
        references = self.case.param("reference", "references", default={})
        told = references.get(self.stratum) if isinstance(references, dict) else references
        return text, _text(self.levels[0] if told is None else told)


def _covariance(fit: Stopped, options: dict[str, Any], cluster: np.ndarray | None) -> np.ndarray:
    if options["variance"] is not Variance.MODEL:
        return fit.sandwich(str(options["small_sample"]), cluster)
    of_data = options["dispersion"] is Dispersion.PEARSON or not fit.is_count
    return np.linalg.inv(fit.information) * (fit.dispersion if of_data else 1.0)


def _text(level: object) -> str:
    """Return a level as R prints it: a whole number has no decimals."""
    whole = isinstance(level, float) and level.is_integer()
    return str(int(level) if whole else level)


def _named(estimate: Any, p: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "estimate": estimate.value,
        "se": estimate.standard_error,
        "lower": estimate.lower,
        "upper": estimate.upper,
        "p": p,
    }


def _formula(text: str) -> list[str]:
    """Return the terms of a right-hand side, ``a * b`` written out."""
    terms: list[str] = []
    for part in re.split(r"\+(?![^(]*\))", text.split("~")[-1]):
        factors = [one.strip() for one in re.split(r"\*(?![^(]*\))", part)]
        terms += factors if len(factors) == 1 else [*factors, ":".join(factors)]
    return [term for term in dict.fromkeys(terms) if term and term not in ("1", "0")]


def _columns(people: pd.DataFrame, term: str) -> np.ndarray:
    """Return a term's columns; of ``a:b`` all products of theirs."""
    made = np.ones((len(people), 1))
    for part in re.split(r"\s*:\s*", term):
        own, _ = columns(people, [part])
        made = (made[:, :, np.newaxis] * own[:, np.newaxis, :]).reshape(len(people), -1)
    return made
